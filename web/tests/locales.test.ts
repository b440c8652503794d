import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { systemMessage, translate, type Messages } from '../shared/i18n.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string): Messages => JSON.parse(readFileSync(`${root}shared/locales/${name}.json`, 'utf8')) as Messages;
const PAIRS: [string, string][] = [['zh', 'en'], ['widget.zh', 'widget.en']];
const stem = (key: string): string => key.replace(/_(one|other)$/, '');
const places = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();

function sources(folder: string): string {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(`${root}${folder}/${name}`, 'utf8'))
    .join('\n');
}

for (const [zhName, enName] of PAIRS) {
  const zh = read(zhName);
  const en = read(enName);

  test(`${zhName} and ${enName} have the same messages with the same places`, () => {
    expect([...new Set(Object.keys(zh).map(stem))].sort()).toEqual([...new Set(Object.keys(en).map(stem))].sort());
    for (const [key, text] of Object.entries(en)) {
      const twin = zh[key] ?? zh[`${stem(key)}_other`] ?? '';
      expect(places(twin), key).toEqual(places(text));
    }
  });

  test(`${enName} has both plural forms, no message is empty`, () => {
    for (const key of Object.keys(en).filter((each) => each.endsWith('_other') && each !== 'talk_other')) expect(en, key).toHaveProperty([`${stem(key)}_one`]);
    for (const [key, text] of [...Object.entries(zh), ...Object.entries(en)]) expect(text.trim(), key).not.toBe('');
  });

  test(`${zhName} uses full-width punctuation after Chinese characters`, () => {
    for (const [key, text] of Object.entries(zh)) expect(text, key).not.toMatch(/[\u4e00-\u9fff][,;:?!]|[\u4e00-\u9fff]\.(?:\s|$)/);
  });
}

test('every message that is asked for by name exists, and every message is used', () => {
  const CASES: [string, Messages][] = [['console', read('zh')], ['widget', read('widget.zh')]];
  for (const [folder, messages] of CASES) {
    const text = sources(folder);
    const asked = [...text.matchAll(/\bt\('([\w.]+)'/g)].map((match) => match[1] ?? '');
    const known = new Set(Object.keys(messages).map(stem));
    expect(asked.filter((key) => !known.has(stem(key)))).toEqual([]);
    const patterns = [...text.matchAll(/\bt\(`([^`]*)`/g)].map((match) => new RegExp(`^${(match[1] ?? '').replace(/\./g, '\\.').replace(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, '\\w+')}$`));
    const unused = [...known].filter((key) => !text.includes(`'${key}'`) && !patterns.some((pattern) => pattern.test(key)));
    expect(unused, folder).toEqual([]);
  }
});

test('places and plurals are filled', () => {
  const en = read('en');
  expect(translate(en, 'en', 'citation.count', { n: 1 })).toBe('1 source');
  expect(translate(en, 'en', 'citation.count', { n: 0 })).toBe('0 sources');
  expect(translate(read('zh'), 'zh', 'citation.count', { n: 1 })).toBe('1 个来源');
  expect(translate(en, 'en', 'app.title_page', { page: '{page} $&' })).toBe('{page} $& · Zhiyin');
});

test('system messages are split at the first colon only', () => {
  expect(systemMessage('taken:Ann: B')).toEqual({ key: 'taken', argument: 'Ann: B' });
  expect(systemMessage('resolved')).toEqual({ key: 'resolved', argument: '' });
});
