/* Keeps a list from moving under the pointer: while held, rows stay where they are and new ones wait. */
import { useRef } from 'react';

export interface StableOrder<T> {
  rows: T[];
  waiting: number;
}

export function useStableOrder<T extends { id: string }>(wanted: T[], held: boolean, scope: string): StableOrder<T> {
  const order = useRef<{ scope: string; ids: string[] }>({ scope: '', ids: [] });
  if (!held || order.current.scope !== scope || order.current.ids.length === 0) {
    order.current = { scope, ids: wanted.map((each) => each.id) };
    return { rows: wanted, waiting: 0 };
  }
  const byId = new Map(wanted.map((each) => [each.id, each]));
  const known = new Set(order.current.ids);
  const rows = order.current.ids.flatMap((id) => byId.get(id) ?? []);
  const lastKnown = wanted.findLastIndex((each) => known.has(each.id));
  const below = wanted.filter((each, index) => !known.has(each.id) && index > lastKnown);
  order.current = { scope, ids: [...order.current.ids, ...below.map((each) => each.id)] };
  const waiting = wanted.filter((each, index) => !known.has(each.id) && index < lastKnown).length;
  return { rows: [...rows, ...below], waiting };
}
