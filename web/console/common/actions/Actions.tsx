/* Actions are rows: id, label, icon, key, run. A component registers its rows while it is shown; the
   keyboard, the command palette and the shortcut map all read the same list. */
import { createContext, useContext, useEffect, useMemo, useRef, useSyncExternalStore, type ReactNode } from 'react';

export interface Action {
  id: string;
  label: string;
  section: string;
  icon?: ReactNode;
  keys?: string; /* "j", "?", "mod+k" */
  enabled?: boolean;
  inPalette?: boolean;
  whenTyped?: boolean; /* in the palette only when it is looked for: there are many of its kind */
  isDanger?: boolean; /* never the first that Enter would run */
  run: () => void;
}

class Registry {
  private groups = new Map<symbol, Action[]>();
  private listeners = new Set<() => void>();
  private flat: Action[] = [];

  set(owner: symbol, actions: Action[]): void {
    this.groups.set(owner, actions);
    this.changed();
  }

  remove(owner: symbol): void {
    this.groups.delete(owner);
    this.changed();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  all = (): Action[] => this.flat;

  private changed(): void {
    this.flat = [...this.groups.values()].flat();
    for (const listener of this.listeners) listener();
  }
}

const RegistryContext = createContext<Registry | null>(null);

function isEditable(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function isInDialog(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role=dialog], [role=menu], [role=listbox]') !== null;
}

export function keyOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.ctrlKey || event.metaKey ? `mod+${key}` : key;
}

function handleKey(registry: Registry, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const keys = keyOf(event);
  const plain = !keys.startsWith('mod+');
  if (plain && (isEditable(event.target) || isInDialog(event.target))) return;
  const action = registry.all().find((each) => each.keys === keys && each.enabled !== false);
  if (!action) return;
  event.preventDefault();
  action.run();
}

export function ActionsProvider({ children }: { children: ReactNode }) {
  const registry = useMemo(() => new Registry(), []);
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => handleKey(registry, event);
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, [registry]);
  return <RegistryContext.Provider value={registry}>{children}</RegistryContext.Provider>;
}

function useRegistry(): Registry {
  const registry = useContext(RegistryContext);
  if (!registry) throw new Error('actions outside of ActionsProvider');
  return registry;
}

/* The rows may be new on every render: what runs is always the latest. */
export function useActions(actions: Action[]): void {
  const registry = useRegistry();
  const latest = useRef(actions);
  latest.current = actions;
  const shape = actions.map((each) => [each.id, each.label, each.keys, each.enabled, each.section].join('|')).join('\n');
  useEffect(() => {
    const owner = Symbol('actions');
    const rows = latest.current.map((each) => ({
      ...each,
      run: () => latest.current.find((now) => now.id === each.id)?.run(),
    }));
    registry.set(owner, rows);
    return () => registry.remove(owner);
  }, [registry, shape]);
}

export function useAllActions(): Action[] {
  const registry = useRegistry();
  return useSyncExternalStore(registry.subscribe, registry.all);
}
