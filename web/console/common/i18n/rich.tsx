/* Sentences with links in them: the sentence comes whole from the locale file, the nodes stand where its placeholders are. */
import { Fragment, type ReactNode } from 'react';
import type { Key, Translate } from './I18n.tsx';

const MARK = '\u0001';

/* n chooses the plural. */
export function rich(t: Translate, key: Key, nodes: Record<string, ReactNode>, n?: number): ReactNode {
  const marks = Object.fromEntries(Object.keys(nodes).map((name) => [name, `${MARK}${name}${MARK}`]));
  const parts = t(key, n === undefined ? marks : { ...marks, n }).split(MARK);
  return parts.map((part, index) => <Fragment key={index}>{index % 2 === 1 ? nodes[part] : part}</Fragment>);
}
