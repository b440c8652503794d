/* The language of the page. Only the chosen language's messages are loaded. */
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Locale } from 'antd/es/locale';
import type { Language } from '../../../shared/api/types.ts';
import type zh from '../../../shared/locales/zh.json';
import { pickLanguage, translate, type Messages, type Values } from '../../../shared/i18n.ts';
import { getPrefs, usePrefs } from '../prefs.ts';

type Raw = keyof typeof zh;
type Stem<K> = K extends `${infer Base}_other` ? Base : K;
export type Key = Stem<Raw>;
export type Translate = (key: Key, values?: Values) => string;

interface Loaded {
  language: Language;
  messages: Messages;
  antd: Locale;
}

export interface I18n {
  language: Language;
  t: Translate;
  antd: Locale;
}

const I18nContext = createContext<I18n | null>(null);

async function load(language: Language): Promise<Loaded> {
  const [messages, antd] = language === 'zh'
    ? await Promise.all([import('../../../shared/locales/zh.json'), import('antd/es/locale/zh_CN')])
    : await Promise.all([import('../../../shared/locales/en.json'), import('antd/es/locale/en_US')]);
  return { language, messages: messages.default, antd: antd.default };
}

export function chosenLanguage(): Language {
  return getPrefs().language ?? pickLanguage(navigator.language);
}

export function I18nProvider({ children }: { children: ReactNode }) {
  const prefs = usePrefs();
  const wanted = prefs.language ?? pickLanguage(navigator.language);
  const [loaded, setLoaded] = useState<Loaded | null>(null);

  useEffect(() => {
    let current = true;
    void load(wanted).then((next) => {
      if (!current) return;
      document.documentElement.lang = wanted === 'zh' ? 'zh-CN' : 'en';
      setLoaded(next);
    });
    return () => {
      current = false;
    };
  }, [wanted]);

  const value = useMemo<I18n | null>(() => loaded && {
    language: loaded.language,
    antd: loaded.antd,
    t: (key, values) => translate(loaded.messages, loaded.language, key, values),
  }, [loaded]);
  return value && <I18nContext.Provider value={value}>{children}</I18nContext.Provider>;
}

export function useI18n(): I18n {
  const value = useContext(I18nContext);
  if (!value) throw new Error('useI18n outside of I18nProvider');
  return value;
}
