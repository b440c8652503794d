/* The filter as a tree of conditions, and as the text that the server takes. What people write by hand and what the builder makes are
   the same thing; text that says more than the builder can show (NOT, a comparison it does not offer) stays text. Pure functions. */

export type Op = 'has' | 'is' | 'not' | 'begins' | 'above' | 'least' | 'below' | 'most' | 'last' | 'next' | 'empty' | 'filled';

export interface Condition {
  path: string; /* "amount", "company.industry" */
  op: Op;
  value: string;
}

export interface Group {
  all: boolean; /* every item holds, or any */
  items: (Condition | Group)[];
}

export const EMPTY: Group = { all: true, items: [] };

const TEXT_OPS: Op[] = ['has', 'is', 'not', 'begins', 'empty', 'filled'];
const NUMBER_OPS: Op[] = ['is', 'not', 'above', 'least', 'below', 'most', 'empty', 'filled'];
const TIME_OPS: Op[] = ['last', 'next', 'below', 'least', 'empty', 'filled'];
const WORD_OPS: Op[] = ['is', 'not', 'empty', 'filled'];
const LIST_OPS: Op[] = ['has', 'empty', 'filled'];

/* What can be asked of each type of field. */
export const OPS: Record<string, Op[]> = {
  text: TEXT_OPS, long_text: ['has', 'empty', 'filled'], email: TEXT_OPS, phone: TEXT_OPS, url: TEXT_OPS,
  number: NUMBER_OPS, integer: NUMBER_OPS, money: NUMBER_OPS, date: TIME_OPS, time: TIME_OPS, boolean: ['is'],
  choice: WORD_OPS, currency: WORD_OPS, reference: WORD_OPS, multi_choice: LIST_OPS, tags: LIST_OPS,
};

export const VALUELESS: Op[] = ['empty', 'filled'];
const SIGNS: Partial<Record<Op, string>> = { is: '=', not: '!=', above: '>', least: '>=', below: '<', most: '<=' };
const PLAIN = /^[\w.+-]+$/; /* needs no quotes */
const WORDS = /^(and|or|not|null)$/i;

export function isGroup(item: Condition | Group): item is Group {
  return 'items' in item;
}

/* ---- to text ---- */

function quoted(value: string): string {
  const bare = PLAIN.test(value) && !WORDS.test(value) && !value.startsWith('-');
  return bare ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function conditionText({ path, op, value }: Condition): string {
  if (op === 'empty') return `${path} = null`;
  if (op === 'filled') return `${path}:*`;
  if (op === 'has') return `${path}:${quoted(value)}`;
  if (op === 'begins') return `${path} = "${value.replace(/["\\]/g, '\\$&')}*"`;
  if (op === 'last') return `(${path} >= now-${value}d AND ${path} <= now)`;
  if (op === 'next') return `(${path} >= now AND ${path} <= now+${value}d)`;
  return `${path} ${SIGNS[op] ?? '='} ${quoted(value)}`;
}

/* Conditions that are not complete yet say nothing. */
function isComplete(item: Condition | Group): boolean {
  if (isGroup(item)) return item.items.some(isComplete);
  return item.path !== '' && (VALUELESS.includes(item.op) || item.value.trim() !== '');
}

export function toText(group: Group): string {
  const items = group.items.filter(isComplete);
  return items.map((item) => {
    if (!isGroup(item)) return conditionText(item);
    const text = toText(item);
    return items.length > 1 && item.items.filter(isComplete).length > 1 ? `(${text})` : text;
  }).join(group.all ? ' AND ' : ' OR ');
}

export function count(group: Group): number {
  return group.items.reduce((sum, item) => sum + (isGroup(item) ? count(item) : isComplete(item) ? 1 : 0), 0);
}

/* ---- from text ---- */

interface Token {
  kind: 'word' | 'string' | 'sign' | 'open' | 'close';
  text: string;
}

const TOKEN = /\s*(?:(\()|(\))|(!=|<=|>=|=|<|>|:)|"((?:[^"\\]|\\.)*)"|([^\s()"=<>:!]+))/y;

function tokens(text: string): Token[] | null {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const match = TOKEN.exec(text);
    if (!match) return null;
    const [, open, close, sign, string, word] = match;
    if (open) found.push({ kind: 'open', text: open });
    else if (close) found.push({ kind: 'close', text: close });
    else if (sign) found.push({ kind: 'sign', text: sign });
    else if (string !== undefined) found.push({ kind: 'string', text: string.replace(/\\(.)/g, '$1') });
    else found.push({ kind: 'word', text: word ?? '' });
  }
  return found;
}

const OP_OF: Record<string, Op> = { '=': 'is', '!=': 'not', '>': 'above', '>=': 'least', '<': 'below', '<=': 'most', ':': 'has' };
const MAX_DEPTH = 8;

class Parser {
  private at = 0;
  constructor(private readonly list: Token[]) {}

  whole(): Group | null {
    const group = this.sequence(0);
    return group && this.at === this.list.length ? group : null;
  }

  private peek(): Token | undefined {
    return this.list[this.at];
  }

  private take(word: string): boolean {
    const token = this.peek();
    if (token?.kind !== 'word' || token.text !== word) return false;
    this.at += 1;
    return true;
  }

  /* a AND b, or just a b; OR binds tighter. */
  private sequence(depth: number): Group | null {
    const items: (Condition | Group)[] = [];
    while (this.at < this.list.length && this.peek()?.kind !== 'close') {
      const item = this.alternatives(depth);
      if (!item) return null;
      items.push(item);
      if (this.take('AND') && this.at === this.list.length) return null;
    }
    if (items.length === 1 && items[0] && isGroup(items[0])) return items[0];
    return { all: true, items };
  }

  private alternatives(depth: number): Condition | Group | null {
    const items: (Condition | Group)[] = [];
    do {
      const item = this.single(depth);
      if (!item) return null;
      items.push(item);
    } while (this.take('OR'));
    return items.length === 1 && items[0] ? items[0] : { all: false, items };
  }

  private single(depth: number): Condition | Group | null {
    if (this.peek()?.kind !== 'open') return this.comparison();
    if (depth === MAX_DEPTH) return null;
    this.at += 1;
    const group = this.sequence(depth + 1);
    if (!group || group.items.length === 0 || this.peek()?.kind !== 'close') return null;
    this.at += 1;
    return asPeriod(group) ?? (group.items.length === 1 && group.items[0] ? group.items[0] : group);
  }

  private comparison(): Condition | null {
    const [name, sign, value] = this.list.slice(this.at, this.at + 3);
    if (name?.kind !== 'word' || sign?.kind !== 'sign' || !value || (value.kind !== 'word' && value.kind !== 'string')) return null;
    if (name.text.startsWith('-') || WORDS.test(name.text)) return null;
    this.at += 3;
    return condition(name.text, OP_OF[sign.text] ?? 'is', value);
  }
}

function condition(path: string, op: Op, value: Token): Condition | null {
  const bare = value.kind === 'word';
  if (bare && value.text === 'null') return op === 'is' ? { path, op: 'empty', value: '' } : op === 'not' ? { path, op: 'filled', value: '' } : null;
  if (op === 'has' && value.text === '*') return { path, op: 'filled', value: '' };
  const stars = value.text.split('*').length - 1;
  if (op === 'is' && stars === 1 && value.text.endsWith('*')) return { path, op: 'begins', value: value.text.slice(0, -1) };
  return stars > 0 ? null : { path, op, value: value.text };
}

/* (at >= now-7d AND at <= now) is one condition to people. */
function asPeriod(group: Group): Condition | null {
  const [first, second] = group.items;
  if (!group.all || group.items.length !== 2 || !first || !second || isGroup(first) || isGroup(second)) return null;
  if (first.path !== second.path || first.op !== 'least' || second.op !== 'most') return null;
  const days = (sign: Op, at: string, other: string, pattern: RegExp): Condition | null => {
    const found = other === 'now' ? pattern.exec(at)?.[1] : undefined;
    return found ? { path: first.path, op: sign, value: found } : null;
  };
  return days('last', first.value, second.value, /^now-(\d+)d$/) ?? days('next', second.value, first.value, /^now\+(\d+)d$/);
}

/* null: this text is not one that the builder shows. */
export function fromText(text: string): Group | null {
  const list = tokens(text);
  if (!list) return null;
  const group = new Parser(list).whole();
  if (!group) return null;
  const period = asPeriod(group);
  return period ? { all: true, items: [period] } : group;
}
