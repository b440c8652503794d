import { useCallback, useSyncExternalStore } from 'react';

export const PHONE = '(max-width: 639px)';
export const ROOMY = '(min-width: 1000px)';
export const WIDE = '(min-width: 1180px)';
export const STILL = '(prefers-reduced-motion: reduce)';

export function useMedia(query: string): boolean {
  const subscribe = useCallback((listener: () => void) => {
    const media = matchMedia(query);
    media.addEventListener('change', listener);
    return () => media.removeEventListener('change', listener);
  }, [query]);
  return useSyncExternalStore(subscribe, () => matchMedia(query).matches);
}
