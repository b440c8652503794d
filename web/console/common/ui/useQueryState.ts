/* Search and filters live in the address, so that they can be shared and the back button works. */
import { useCallback } from 'react';
import { useLocation, useSearch } from 'wouter';

export type QueryState = [(name: string) => string, (change: Record<string, string>) => void];

export function useQueryState(): QueryState {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const get = useCallback((name: string) => new URLSearchParams(search).get(name) ?? '', [search]);
  const set = useCallback((change: Record<string, string>) => {
    const next = new URLSearchParams(search);
    for (const [name, value] of Object.entries(change)) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    const text = next.toString();
    navigate(text ? `${path}?${text}` : path, { replace: true });
  }, [search, path, navigate]);
  return [get, set];
}
