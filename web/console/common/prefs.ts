/* Choices of this person in this browser. A small store over localStorage; storage that is refused
   only means that the choice is forgotten. */
import { useSyncExternalStore } from 'react';
import type { Language } from '../../shared/api/types.ts';

export type ThemeChoice = 'light' | 'dark' | 'system';

export interface Prefs {
  theme: ThemeChoice;
  sound: boolean;
  language: Language | null;
  context: boolean; /* the context pane stands beside the conversation */
}

const NAME = 'zhiyin.prefs';
const DEFAULTS: Prefs = { theme: 'system', sound: true, language: null, context: true };

export function readStored<T>(name: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(name) ?? 'null') as T | null;
  } catch {
    return null;
  }
}

export function writeStored(name: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, JSON.stringify(value));
  } catch {
    /* forgotten after this page */
  }
}

let current: Prefs = { ...DEFAULTS, ...readStored<Partial<Prefs>>(NAME) };
const listeners = new Set<() => void>();

export function getPrefs(): Prefs {
  return current;
}

export function setPrefs(change: Partial<Prefs>): void {
  current = { ...current, ...change };
  writeStored(NAME, current);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePrefs(): Prefs {
  return useSyncExternalStore(subscribe, getPrefs);
}
