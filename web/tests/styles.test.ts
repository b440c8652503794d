import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { extractAntdCss, SAMPLES } from '../build/antdStyles.ts';
import { loadTokens, type TokenSet } from '../build/tokens.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

function sources(folder: string, ending: RegExp): string[] {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => readFileSync(`${root}${folder}/${name}`, 'utf8'));
}

test('every Ant Design component that is imported is in the extracted style sheet', () => {
  const NOT_DRAWN = ['theme', 'message'];
  const used = new Set<string>();
  for (const text of sources('console', /\.tsx?$/)) {
    for (const match of text.matchAll(/import \{([^}]+)\} from 'antd'/g)) {
      for (const name of (match[1] ?? '').split(',').map((each) => each.trim())) {
        const plain = name.replace(/ as .*/, '');
        if (plain && !plain.startsWith('type ') && !NOT_DRAWN.includes(plain)) used.add(plain);
      }
    }
  }
  expect([...used].filter((name) => !(name in SAMPLES))).toEqual([]);
  expect(Object.keys(SAMPLES).filter((name) => !used.has(name))).toEqual([]);
});

test('the extracted style sheet has both modes and no rule of its own colour', () => {
  const css = extractAntdCss();
  for (const part of ['.zy-light{', '.zy-dark{', '.zy-dark.ant-btn{', '.ant-table-', '.ant-message-', '.ant-tag-', '.ant-drawer-']) expect(css).toContain(part);
  expect(css.length).toBeLessThan(700_000);
});

function luminance(hex: string): number {
  const channel = (at: number): number => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

test('every text colour is readable on every surface it stands on, in both modes', () => {
  const SURFACES = ['bg', 'surface', 'raised', 'sunken', 'hover', 'primary-soft'];
  const PAIRS: [string, string[]][] = [
    ['text', [...SURFACES, 'bot-soft', 'agent-soft', 'customer-soft', 'warning-soft', 'success-soft', 'danger-soft']],
    ['text-muted', SURFACES],
    ['link', [...SURFACES, 'bot-soft', 'agent-soft', 'customer-soft']],
    ['on-primary', ['primary', 'primary-hover', 'badge']],
    ['bot', ['bot-soft']],
    ['success', ['success-soft', 'surface']],
    ['warning', ['warning-soft', 'surface']],
    ['danger', ['danger-soft', 'surface']],
  ];
  const tokens = loadTokens();
  const weak: string[] = [];
  const check = (mode: string, set: TokenSet): void => {
    for (const [text, grounds] of PAIRS) {
      for (const ground of grounds) {
        const ratio = contrast(set[text] ?? '', set[ground] ?? '');
        if (!(ratio >= 4.5)) weak.push(`${mode} ${text} on ${ground}: ${ratio.toFixed(2)}`);
      }
    }
  };
  check('light', tokens.light);
  check('dark', tokens.dark);
  expect(weak).toEqual([]);
});
