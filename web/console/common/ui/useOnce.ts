import { useCallback, useRef, useState } from 'react';

/* Work that must not run twice at once, such as what makes something: calls while it runs do nothing. */
export function useOnce(): [busy: boolean, once: (work: () => Promise<unknown>) => void] {
  const running = useRef(false);
  const [busy, setBusy] = useState(false);
  const once = useCallback((work: () => Promise<unknown>) => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    void work().finally(() => {
      running.current = false;
      setBusy(false);
    });
  }, []);
  return [busy, once];
}
