/* Light, dark, or as the system has it; Ant Design follows by its variables' class. */
import { ConfigProvider } from 'antd';
import { useEffect, useMemo, useSyncExternalStore, type ReactNode } from 'react';
import tokens from 'virtual:tokens';
import { useI18n } from '../i18n/I18n.tsx';
import { usePrefs } from '../prefs.ts';
import { STILL, useMedia } from '../ui/useMedia.ts';
import { antdTheme, type Mode } from './antdTheme.ts';

const dark = matchMedia('(prefers-color-scheme: dark)');

function subscribe(listener: () => void): () => void {
  dark.addEventListener('change', listener);
  return () => dark.removeEventListener('change', listener);
}

export function useMode(): Mode {
  const { theme } = usePrefs();
  const system = useSyncExternalStore(subscribe, () => dark.matches);
  return theme === 'system' ? (system ? 'dark' : 'light') : theme;
}

const BUTTON = { autoInsertSpace: false };
const NO_WAVE = { disabled: true };

export function ThemeProvider({ children }: { children: ReactNode }) {
  const mode = useMode();
  const { antd } = useI18n();
  const still = useMedia(STILL);
  const theme = useMemo(() => {
    const base = antdTheme(mode, tokens[mode]);
    return { ...base, token: { ...base.token, motion: !still } };
  }, [mode, still]);

  useEffect(() => {
    document.documentElement.dataset['theme'] = mode;
  }, [mode]);

  return (
    <ConfigProvider theme={theme} locale={antd} button={BUTTON} wave={NO_WAVE}>
      {children}
    </ConfigProvider>
  );
}
