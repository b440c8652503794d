/* Parts of the console that load when they are first needed. All are fetched ahead once the first page stands, so that a
   connection that is lost later, or a new version on the server, takes no page away from whoever is at work. */
import { lazy, type ComponentType, type LazyExoticComponent } from 'react';

const AHEAD_MS = 2_000;
const loads: (() => Promise<unknown>)[] = [];

export function later<P>(load: () => Promise<ComponentType<P>>): LazyExoticComponent<ComponentType<P>> {
  loads.push(load);
  return lazy(() => load().then((part) => ({ default: part })));
}

/* What cannot be fetched now is fetched when it is needed. */
export function fetchAhead(): () => void {
  const timer = setTimeout(() => {
    for (const load of loads) load().catch(() => undefined);
  }, AHEAD_MS);
  return () => clearTimeout(timer);
}
