/* What the check of a model's text looks at, in words, and the faults of the server that each row stands for. */
import type { Key } from './i18n/I18n.tsx';

export const CHECKS: { key: Key; faults: string[] }[] = [
  { key: 'check.facts', faults: ['number', 'date', 'link', 'contact'] },
  { key: 'check.promise', faults: ['promise'] },
  { key: 'check.name', faults: ['name'] },
  { key: 'check.topic', faults: ['unsupported', 'denied', 'echo'] },
  { key: 'check.language', faults: ['language'] },
  { key: 'check.secret', faults: ['prompt', 'secret'] },
  { key: 'check.form', faults: ['markup', 'control', 'encoding', 'empty', 'length', 'repetition'] },
];

export function checkOf(fault: string): Key {
  return CHECKS.find((row) => row.faults.includes(fault))?.key ?? 'check.form';
}
