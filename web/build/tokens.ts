/* Reads shared/tokens.css into plain values, so that the Ant Design theme is computed from the same
   file as our own styles. Understands flat rules only: `:root` is light, `[data-theme="dark"]` dark. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export type TokenSet = Record<string, string>;
export interface Tokens {
  light: TokenSet;
  dark: TokenSet;
}

export const TOKENS_FILE = fileURLToPath(new URL('../shared/tokens.css', import.meta.url));

function readBlock(css: string, head: string): TokenSet {
  const start = css.indexOf(head + ' {');
  const end = css.indexOf('}', start);
  const set: TokenSet = {};
  if (start < 0) throw new Error(`tokens.css: no block ${head}`);
  for (const match of css.slice(start, end).matchAll(/--zy-([\w-]+):\s*([^;]+);/g)) {
    set[match[1] ?? ''] = (match[2] ?? '').trim();
  }
  return set;
}

export function parseTokens(css: string): Tokens {
  const plain = css.replace(/\/\*[\s\S]*?\*\//g, '');
  const light = readBlock(plain, ':root');
  return { light, dark: { ...light, ...readBlock(plain, ':root[data-theme="dark"]') } };
}

export function loadTokens(): Tokens {
  return parseTokens(readFileSync(TOKENS_FILE, 'utf8'));
}
