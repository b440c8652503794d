/* Puts the demo shop beside the other surfaces, so that a server can serve web/dist as it is. */
import { cpSync, existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const from = fileURLToPath(new URL('../../demo/shop', import.meta.url));
const to = fileURLToPath(new URL('../dist/demo', import.meta.url));

rmSync(to, { recursive: true, force: true });
if (existsSync(from)) cpSync(from, to, { recursive: true });
