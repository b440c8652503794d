/* The log: one element per message, made once and kept, so that nothing that is being read moves. */
import type { Citation, Message } from '../shared/api/types.ts';
import { systemMessage } from '../shared/i18n.ts';
import { webAddress, withoutOptions } from '../shared/text.ts';
import { clockTime } from '../shared/time.ts';
import { h, icon, link, richText } from './dom.ts';
import type { Translate } from './i18n.ts';
import type { ChatSession, Pending } from './session.ts';

const NEAR_END_PX = 80;
const SYSTEM_KEYS = new Set(['handed_over', 'taken', 'resolved', 'reopened', 'returned_to_bot', 'pending']);

function aiBadge(t: Translate): HTMLElement {
  return h('span', { class: 'ai', title: t('ai_title') }, t('ai_badge'));
}

function citation(each: Citation, t: Translate): HTMLElement {
  const href = webAddress(each.url);
  return h('li', {},
    h('strong', {}, each.title),
    h('blockquote', {}, ...richText(each.passage)),
    href ? link(t('open_source'), href) : null);
}

function sources(citations: Citation[], t: Translate): HTMLElement | null {
  if (citations.length === 0) return null;
  return h('details', { class: 'sources' },
    h('summary', {}, t('sources', { n: citations.length })),
    h('ol', {}, ...citations.map((each) => citation(each, t))));
}

const THUMBS = {
  up: 'M7 11l4-8c1.5 0 2.5 1 2.5 2.5V9H19a2 2 0 0 1 2 2.3l-1.1 7A2 2 0 0 1 18 20H7m0-9v9m0-9H4v9h3',
  down: 'M17 13l-4 8c-1.5 0-2.5-1-2.5-2.5V15H5a2 2 0 0 1-2-2.3l1.1-7A2 2 0 0 1 6 4h11m0 9V4m0 9h3V4h-3',
};

/* Answers from the knowledge are rated; fixed wording is not. */
function isRated(message: Message): boolean {
  return message.role === 'bot' && (message.path === 'curated' || message.path === 'extract' || message.path === 'generated');
}

function systemText(message: Message, t: Translate): string {
  const { key, argument } = systemMessage(message.text);
  if (!SYSTEM_KEYS.has(key)) return message.text;
  if (key === 'taken') return argument ? t('sys_taken', { name: argument }) : t('sys_taken_unnamed');
  return t(`sys_${key}`);
}

function speaker(message: Message, t: Translate): HTMLElement {
  const name = message.role === 'bot' ? t('assistant') : message.role === 'agent' ? message.author_name ?? t('agent') : t('you');
  const hidden = message.role === 'customer' ? ' unseen' : '';
  return h('div', { class: `speaker${hidden}` }, name, message.role === 'bot' || message.ai_generated ? aiBadge(t) : null);
}

export class MessageLog {
  readonly element: HTMLElement;
  private readonly list = h('ol', { class: 'list' });
  private readonly tail = h('div', { class: 'tail' });
  private readonly welcome = h('div', { class: 'welcome' });
  private readonly jump: HTMLButtonElement;
  private readonly growing: HTMLElement;
  private readonly grown = h('div', { class: 'bubble' });
  private grownText = '';
  private readonly shown = new Set<string>();
  private readonly ratings = new Map<string, () => void>(); /* message id -> shows its rating as it is now */
  private tailShown = '';
  private readonly scroller: HTMLElement;
  private readonly t: Translate;
  private readonly session: ChatSession;
  private welcomed = '';

  constructor(session: ChatSession, t: Translate) {
    this.session = session;
    this.t = t;
    this.jump = h('button', { class: 'jump', type: 'button', hidden: true, click: () => this.toEnd() }, t('new_messages'));
    /* Read aloud once, as the whole message that takes its place: not word by word. */
    this.growing = h('div', { class: 'message bot growing', 'aria-live': 'off', 'aria-busy': 'true', hidden: true },
      h('div', { class: 'speaker' }, t('assistant'), aiBadge(t)), this.grown);
    this.scroller = h('div', { class: 'log', role: 'log', 'aria-label': t('log'), 'aria-live': 'polite', tabindex: '0', scroll: () => this.scrolled() },
      this.welcome, this.list, this.growing, this.tail);
    this.element = h('div', { class: 'log-box' }, this.scroller, this.jump);
  }

  render(): void {
    const atEnd = this.isAtEnd();
    const ownSent = this.session.pending.length > 0;
    this.renderWelcome();
    this.forgetIfRestarted();
    const fresh = this.session.messages.filter((each) => !this.shown.has(each.id));
    for (const message of fresh) this.addMessage(message);
    for (const show of this.ratings.values()) show();
    this.renderGrowing();
    this.renderTail();
    if (atEnd || ownSent) this.toEnd();
    else if (fresh.some((each) => each.role !== 'customer')) this.jump.hidden = false;
  }

  toEnd(): void {
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.jump.hidden = true;
  }

  isAtEnd(): boolean {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }

  private scrolled(): void {
    if (this.isAtEnd()) this.jump.hidden = true;
  }

  private forgetIfRestarted(): void {
    if (this.session.messages.length > 0 || this.shown.size === 0) return;
    this.shown.clear();
    this.ratings.clear();
    this.list.replaceChildren();
  }

  private addMessage(message: Message): void {
    const { t, session } = this;
    this.shown.add(message.id);
    const item = message.role === 'system'
      ? h('li', { class: 'system', 'data-seq': String(message.seq) }, systemText(message, t))
      : h('li', { class: `message ${message.role}`, 'data-seq': String(message.seq) },
        speaker(message, t),
        h('div', { class: 'bubble' }, ...richText(withoutOptions(message.text, message.options))),
        this.options(message),
        sources(message.citations ?? [], t),
        h('div', { class: 'message-foot' }, h('time', { datetime: message.at, class: 'time' }, clockTime(message.at, session.language)), this.rating(message)));
    const after = [...this.list.children].reverse().find((each) => Number((each as HTMLElement).dataset['seq']) < message.seq);
    if (after) after.after(item);
    else this.list.prepend(item);
  }

  private options(message: Message): HTMLElement | null {
    if (message.options.length === 0) return null;
    return h('div', { class: 'suggestions options', role: 'group', 'aria-label': this.t('options') },
      ...message.options.map((text) => h('button', { type: 'button', click: () => this.session.send(text) }, text)));
  }

  private rating(message: Message): HTMLElement | null {
    if (!isRated(message)) return null;
    const { session, t } = this;
    const now = (): Message => session.messages.find((each) => each.id === message.id) ?? message;
    const buttons = (['up', 'down'] as const).map((word) => ({
      word, button: h('button', { type: 'button', class: 'thumb', 'aria-label': t(`rate_${word}`), title: t(`rate_${word}`), click: () => void session.rate(now(), word) }, icon(THUMBS[word])),
    }));
    const show = (): void => {
      for (const { word, button } of buttons) button.setAttribute('aria-pressed', String(now().rating === word));
    };
    this.ratings.set(message.id, show);
    return h('div', { class: 'rating', role: 'group', 'aria-label': t('rate') }, ...buttons.map((each) => each.button));
  }

  private renderWelcome(): void {
    const { config, hasStarted } = this.session;
    const state = `${config?.language ?? ''}${String(hasStarted)}`;
    if (!config || state === this.welcomed) return;
    this.welcomed = state;
    const { t, session } = this;
    this.welcome.replaceChildren(
      h('div', { class: 'message bot' },
        h('div', { class: 'speaker' }, t('assistant'), aiBadge(t)),
        h('div', { class: 'bubble' }, ...richText(config.greeting))));
    if (hasStarted || config.suggestions.length === 0) return;
    this.welcome.append(h('div', { class: 'suggestions', role: 'group', 'aria-label': t('suggestions') },
      h('div', { class: 'suggestions-title' }, t('suggestions')),
      ...config.suggestions.slice(0, 3).map((question) =>
        h('button', { type: 'button', click: () => session.send(question) }, question))));
  }

  /* What is there stays, more is added behind it; an answer that begins anew takes its place. */
  private renderGrowing(): void {
    const { partial } = this.session;
    if (partial === this.grownText) return;
    if (partial.startsWith(this.grownText)) this.grown.append(...richText(partial.slice(this.grownText.length)));
    else this.grown.replaceChildren(...richText(partial));
    this.grownText = partial;
    this.growing.hidden = partial === '';
  }

  /* Made anew only when it says something else, or it would be read aloud again and again. */
  private renderTail(): void {
    const { session } = this;
    const typing = !session.partial && (session.typing !== null || session.expecting);
    const state = JSON.stringify([session.pending, typing && session.typing]) + String(typing);
    if (state === this.tailShown) return;
    this.tailShown = state;
    const rows: HTMLElement[] = session.pending.map((each) => this.pendingRow(each));
    if (typing) rows.push(this.typingRow());
    this.tail.replaceChildren(...rows);
  }

  private typingRow(): HTMLElement {
    const { typing } = this.session;
    const text = !typing || typing.role === 'bot' ? this.t('typing_bot') : typing.name ? this.t('typing_person', { name: typing.name }) : this.t('typing_agent');
    return h('div', { class: 'typing' }, h('span', { class: 'dots', 'aria-hidden': 'true' }, h('i'), h('i'), h('i')), text);
  }

  private pendingRow(each: Pending): HTMLElement {
    const { session, t } = this;
    const note = each.failed
      ? h('div', { class: 'failed', role: 'alert' }, h('span', {}, t('failed')),
        h('button', { type: 'button', class: 'plain', click: () => session.retry(each.key) }, t('retry')),
        h('button', { type: 'button', class: 'plain', click: () => session.discard(each.key) }, t('discard')))
      : h('div', { class: 'time' }, t('sending'));
    return h('div', { class: 'message customer' }, h('div', { class: 'bubble' }, ...richText(each.text)), note);
  }
}
