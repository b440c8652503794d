/* Text of messages and passages: line breaks and web links, never markup. */
import { Fragment } from 'react';
import { splitText } from '../../../shared/text.ts';

export function RichText({ text }: { text: string }) {
  return splitText(text).map((part, index) => (
    <Fragment key={index}>
      {part.kind === 'text' && part.text}
      {part.kind === 'break' && <br />}
      {part.kind === 'link' && <a href={part.href} target="_blank" rel="noopener nofollow noreferrer">{part.text}</a>}
    </Fragment>
  ));
}
