/* Short messages at the edge of the page. An action that can be undone carries its undo for ten
   seconds, by mouse or by the key Z. */
import { Button, message as antdMessage } from 'antd';
import { createContext, useCallback, useContext, useMemo, useRef, useState, type ReactNode } from 'react';
import { ApiError } from '../../../shared/api/client.ts';
import { useActions } from '../actions/Actions.tsx';
import { useI18n } from '../i18n/I18n.tsx';
import { newKey } from '../api.ts';
import { faultText } from './fault.ts';

interface Toasts {
  done: (text: string) => void;
  undoable: (text: string, undo: () => void) => void;
  offer: (text: string, label: string, run: () => void) => void;
  failed: (error: unknown, text?: string) => void;
  refused: (text: string) => void; /* why is known */
}

const ToastsContext = createContext<Toasts | null>(null);
const UNDO_SECONDS = 10;

export function ToastsProvider({ children }: { children: ReactNode }) {
  const { t, language } = useI18n();
  const [api, holder] = antdMessage.useMessage({ maxCount: 3, top: 12 });
  const last = useRef<(() => void) | null>(null);
  const [canUndo, setCanUndo] = useState(false);

  const show = useCallback((text: string, label: string, type: 'success' | 'warning', act: () => void) => {
    const key = newKey();
    const run = (): void => {
      api.destroy(key);
      act();
    };
    void api.open({
      key,
      type,
      duration: UNDO_SECONDS,
      content: (
        <span className="toast" role="status">
          {text}
          <Button type="link" size="small" onClick={run}>{label}</Button>
        </span>
      ),
    });
    return run;
  }, [api]);

  const undoable = useCallback((text: string, undo: () => void) => {
    const run = show(text, t('undo.button'), 'success', () => {
      forget();
      undo();
    });
    const forget = (): void => {
      if (last.current !== run) return;
      last.current = null;
      setCanUndo(false);
    };
    last.current = run;
    setCanUndo(true);
    setTimeout(forget, UNDO_SECONDS * 1000);
  }, [show, t]);

  const value = useMemo<Toasts>(() => ({
    undoable,
    offer: (text, label, run) => void show(text, label, 'warning', run),
    done: (text) => void api.success({ content: <span role="status">{text}</span> }),
    refused: (text) => void api.error({ duration: 8, content: <span role="alert">{text}</span> }),
    failed: (error, text) => {
      const known = error instanceof ApiError ? error : null;
      const why = faultText(error, { t, language });
      const id = known?.requestId;
      void api.error({
        duration: 8,
        content: (
          <span role="alert">
            {text ? t('error.with_reason', { text, why }) : why}
            {id && <small className="muted request-id">{t('error.request_id', { id })}</small>}
          </span>
        ),
      });
    },
  }), [api, t, language, undoable, show]);

  useActions([{
    id: 'undo', label: t('undo.action'), section: t('section.general'), keys: 'z', enabled: canUndo, run: () => last.current?.(),
  }]);

  return (
    <ToastsContext.Provider value={value}>
      {holder}
      {children}
    </ToastsContext.Provider>
  );
}

export function useToasts(): Toasts {
  const toasts = useContext(ToastsContext);
  if (!toasts) throw new Error('useToasts outside of ToastsProvider');
  return toasts;
}
