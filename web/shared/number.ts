/* Numbers as people read them, by locale. */
import type { Language } from './api/types.ts';

const LOCALES: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' };
const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];

export function count(value: number, language: Language, digits = 0): string {
  return new Intl.NumberFormat(LOCALES[language], { maximumFractionDigits: digits }).format(value);
}

/* In the largest unit that leaves a whole part: "253 MB". */
export function bytes(value: number, language: Language): string {
  const step = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(value, 1)) / 3)));
  const scaled = value / 1000 ** step;
  return new Intl.NumberFormat(LOCALES[language], { style: 'unit', unit: UNITS[step] ?? 'byte', maximumFractionDigits: scaled < 10 && step > 0 ? 1 : 0 }).format(scaled);
}
