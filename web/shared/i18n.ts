/* Messages with named places and plural forms. A message is looked up whole: sentences are never put
   together from pieces. Plural: keys `name_one` and `name_other`, chosen by the number `n`. */
import type { Language } from './api/types.ts';

export type Values = Record<string, string | number>;
export type Messages = Record<string, string>;

const PLURALS: Record<Language, Intl.PluralRules> = {
  zh: new Intl.PluralRules('zh-CN'),
  en: new Intl.PluralRules('en'),
};

export function translate(messages: Messages, language: Language, key: string, values: Values = {}): string {
  const n = values['n'];
  const plural = typeof n === 'number' ? messages[`${key}_${PLURALS[language].select(n)}`] ?? messages[`${key}_other`] : undefined;
  const text = plural ?? messages[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

export function pickLanguage(wanted: string | null | undefined): Language {
  return wanted?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/* System messages are keys with an optional argument: "handed_over:angry", "taken:王芳". */
export function systemMessage(text: string): { key: string; argument: string } {
  const colon = text.indexOf(':');
  return colon < 0 ? { key: text, argument: '' } : { key: text.slice(0, colon), argument: text.slice(colon + 1) };
}
