/* Message text into parts: plain runs, line breaks and http(s) links. Nothing else is markup, so
   nothing a customer or a model writes can become an element. Does not build elements itself. */
export type TextPart =
  | { kind: 'text'; text: string }
  | { kind: 'break' }
  | { kind: 'link'; text: string; href: string };

const LINK = /https?:\/\/[^\s<>"'`，。；：！？、（）【】《》「」『』“”‘’]+/gi;
const TAIL = /[.,;:!?'"*_~]+$/;

/* A closing bracket belongs to the sentence unless the link opened it. */
function trimLink(raw: string): string {
  let link = raw.replace(TAIL, '');
  while (link.endsWith(')') && link.split('(').length < link.split(')').length) {
    link = link.slice(0, -1).replace(TAIL, '');
  }
  return link;
}

function safeHref(link: string): string | null {
  try {
    const url = new URL(link);
    const web = url.protocol === 'https:' || url.protocol === 'http:';
    return web && url.hostname !== '' && url.username === '' && url.password === '' ? url.href : null;
  } catch {
    return null;
  }
}

function splitLine(line: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of line.matchAll(LINK)) {
    const text = trimLink(match[0]);
    const href = safeHref(text);
    if (!href) continue;
    if (match.index > from) parts.push({ kind: 'text', text: line.slice(from, match.index) });
    parts.push({ kind: 'link', text, href });
    from = match.index + text.length;
  }
  if (from < line.length) parts.push({ kind: 'text', text: line.slice(from) });
  return parts;
}

export function splitText(text: string): TextPart[] {
  return text
    .split(/\r\n|\r|\n/)
    .flatMap((line, index) => (index === 0 ? splitLine(line) : [{ kind: 'break' } as TextPart, ...splitLine(line)]));
}

const PREVIEW_CHARS = 600;

/* The words of a Markdown text on one line, for a preview: without its title and without the signs of headings, lists, quotes,
   tables, emphasis and links. */
export function plainWords(markdown: string): string {
  return markdown.slice(0, PREVIEW_CHARS)
    .replace(/^# .*/, '')
    .replace(/^[ \t]*(?:#{1,6}|>|[-*+]|\d{1,3}\.)[ \t]+/gm, '')
    .replace(/^[ \t:|-]+$/gm, '')
    .replace(/!?\[([^\][\n]*)\]\([^()\n]*\)/g, '$1')
    .replace(/\*\*|__|`/g, '')
    .replace(/\|/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/* Only web addresses may become links; anything else is shown as text. */
export function webAddress(url: string | null | undefined): string | null {
  return url ? safeHref(url) : null;
}

/* The text of a question back without the lines that its options repeat, for where they can be tapped. */
export function withoutOptions(text: string, options: string[]): string {
  const lines = new Set(options.map((each) => `• ${each}`));
  return options.length === 0 ? text : text.split('\n').filter((line) => !lines.has(line)).join('\n');
}
