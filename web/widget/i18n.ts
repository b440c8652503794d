import zh from '../shared/locales/widget.zh.json';
import en from '../shared/locales/widget.en.json';
import type { Language } from '../shared/api/types.ts';
import { translate, type Messages, type Values } from '../shared/i18n.ts';

export type Translate = (key: string, values?: Values) => string;

export function translator(language: Language): Translate {
  const messages: Messages = language === 'zh' ? zh : en;
  return (key, values) => translate(messages, language, key, values);
}
