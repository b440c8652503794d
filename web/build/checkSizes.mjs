/* The budgets of first load, in gzipped script: a build that grows past them fails. What the first
   page of the console needs is its entry, what the entry imports, and the inbox with its imports. */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const BUDGETS = { console: 350_000, widget: 30_000, loader: 10_000 };

function size(path) {
  return gzipSync(readFileSync(path)).length;
}

function withImports(folder, names, seen = new Set()) {
  for (const name of names) {
    if (seen.has(name)) continue;
    seen.add(name);
    const text = readFileSync(`${folder}/${name}`, 'utf8');
    const found = [...text.matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)].map((match) => match[1]);
    withImports(folder, found, seen);
  }
  return seen;
}

function entryOf(surface) {
  const html = readFileSync(`${dist}${surface}/index.html`, 'utf8');
  return [...html.matchAll(/assets\/([\w.-]+\.js)"/g)].map((match) => match[1]);
}

const consoleFolder = `${dist}console/assets`;
const inbox = readdirSync(consoleFolder).filter((name) => /^(InboxPage|zh|zh_CN)-.*\.js$/.test(name));
const first = withImports(consoleFolder, [...entryOf('console'), ...inbox]);
const sizes = {
  console: [...first].reduce((sum, name) => sum + size(`${consoleFolder}/${name}`), 0),
  widget: entryOf('widget').reduce((sum, name) => sum + size(`${dist}widget/assets/${name}`), 0),
  loader: readFileSync(`${dist}widget/loader.js`).length,
};

for (const [name, bytes] of Object.entries(sizes)) {
  const budget = BUDGETS[name];
  console.log(`${name}: ${(bytes / 1000).toFixed(1)} kB of ${budget / 1000} kB`);
  if (bytes > budget) process.exitCode = 1;
}
