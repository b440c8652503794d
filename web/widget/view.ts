/* The chat window around the log: who speaks, the AI notice, the composer, and the two ways out
   (a person, the end), which are always in reach. */
import { secondsSince, duration } from '../shared/time.ts';
import { contactForm } from './contactForm.ts';
import { h, icon } from './dom.ts';
import type { Translate } from './i18n.ts';
import { MessageLog } from './messages.ts';
import type { ChatSession } from './session.ts';

const MAX_LENGTH = 4000;
const WARN_AT = 200;
const WAIT_TICK_MS = 5_000;
const CLOSE = 'M6 6l12 12M18 6L6 18';
const SEND = 'M4 12l16-8-6 16-3-6z';

export class ChatView {
  private readonly session: ChatSession;
  private readonly t: Translate;
  private readonly onClose: () => void;
  private readonly log: MessageLog;
  private readonly title = h('h1', { class: 'title', tabindex: '-1' });
  private readonly status = h('p', { class: 'status', role: 'status' });
  private readonly notice = h('p', { class: 'notice' });
  private readonly banner = h('div', { class: 'banner', role: 'status', hidden: true });
  private readonly formBox = h('div', {});
  private readonly actions = h('div', { class: 'actions' });
  private readonly counter = h('span', { class: 'counter', 'aria-live': 'polite' });
  private readonly input: HTMLTextAreaElement;
  private asksContact = false;
  private form: 'none' | 'open' | 'done' = 'none';
  private actionsShown = '';

  constructor(root: HTMLElement, session: ChatSession, t: Translate, onClose: () => void) {
    this.session = session;
    this.t = t;
    this.onClose = onClose;
    this.log = new MessageLog(session, t);
    this.input = h('textarea', {
      rows: '1', maxlength: String(MAX_LENGTH), 'aria-label': t('composer_label'), placeholder: t('composer_placeholder'),
      input: () => this.typed(), keydown: (event) => this.key(event as KeyboardEvent),
    });
    this.input.value = session.draft;
    root.replaceChildren(this.header(), h('main', {}, this.notice, this.banner, this.log.element, this.formBox), this.footer());
    session.onChange = () => this.render();
    window.addEventListener('online', () => { session.retryAll(); this.render(); });
    window.addEventListener('offline', () => this.render());
    window.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.isComposing) this.onClose();
    });
    setInterval(() => this.renderStatus(), WAIT_TICK_MS);
    this.grow();
    this.render();
  }

  focus(): void {
    const touch = matchMedia('(pointer: coarse)').matches;
    (touch ? this.title : this.input).focus();
    this.log.toEnd();
    this.grow();
  }

  private header(): HTMLElement {
    return h('header', { class: 'head' },
      h('div', { class: 'who' }, this.title, this.status),
      h('button', { type: 'button', class: 'round', 'aria-label': this.t('close'), click: () => this.onClose() }, icon(CLOSE)));
  }

  private footer(): HTMLElement {
    return h('footer', { class: 'foot' }, this.actions,
      h('form', { class: 'composer', submit: (event) => { event.preventDefault(); this.send(); } },
        this.input,
        h('button', { type: 'submit', class: 'send', 'aria-label': this.t('send') }, icon(SEND))),
      this.counter);
  }

  private send(): void {
    const text = this.input.value.trim();
    if (!text) return;
    this.session.send(text);
    this.input.value = '';
    this.session.setDraft('');
    this.grow();
    this.input.focus();
  }

  /* Enter that ends an IME composition must not send: isComposing, and 229 in older browsers. */
  private key(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.send();
  }

  private typed(): void {
    this.session.setDraft(this.input.value);
    this.session.tellTyping();
    this.grow();
  }

  private grow(): void {
    this.input.style.height = 'auto';
    if (this.input.scrollHeight > 0) this.input.style.height = `${Math.min(this.input.scrollHeight, 132)}px`;
    const left = MAX_LENGTH - this.input.value.length;
    this.counter.textContent = left <= WARN_AT ? this.t('too_long', { n: left }) : '';
  }

  private render(): void {
    const { session, t } = this;
    this.title.textContent = session.config?.name ?? t('assistant');
    this.notice.textContent = this.noticeText();
    this.renderStatus();
    this.renderBanner();
    this.renderActions();
    this.renderForm();
    this.log.render();
  }

  /* Says who answers: the assistant, or a person once one has joined. */
  private noticeText(): string {
    const { session, t } = this;
    const { conversation } = session;
    if (conversation?.owner === 'person' && conversation.state !== 'resolved') return t('notice_person');
    return session.config?.ai_notice ?? t('notice_default');
  }

  private statusText(): string {
    const { session, t } = this;
    const { conversation } = session;
    if (!session.config && !session.configError) return t('loading');
    if (!conversation || conversation.state === 'open') return t('status_bot');
    if (conversation.state === 'resolved') return t('status_resolved');
    if (conversation.owner === 'person') return conversation.owner_name ? t('status_person', { name: conversation.owner_name }) : t('status_person_unnamed');
    if (conversation.state === 'pending') return t('status_pending');
    if (session.config && !session.config.open_now) return t('status_waiting_off');
    const seconds = secondsSince(conversation.waiting_since ?? conversation.updated_at, Date.now());
    return seconds < 60 ? t('status_waiting_start') : t('status_waiting', { time: duration(seconds, session.language) });
  }

  private renderStatus(): void {
    const text = this.statusText();
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  private renderBanner(): void {
    const { session, t, banner } = this;
    const children: (Node | string)[] = [];
    const again = (run: () => void): HTMLElement => h('button', { type: 'button', class: 'plain', click: run }, t('try_again'));
    if (!navigator.onLine) children.push(t('offline'));
    else if (session.configError) {
      children.push(h('strong', {}, t('error_load')), ' ', t('error_load_hint'), ' ', again(() => void session.loadConfig()));
    } else if (session.error) {
      children.push(session.error.status === 429 ? t('error_too_many') : t('error_action'));
      if (session.error.requestId) children.push(' ', t('error_request', { id: session.error.requestId }));
    } else if (session.stream === 'retrying') children.push(t('reconnecting'));
    banner.hidden = children.length === 0;
    banner.replaceChildren(...children);
  }

  private action(key: string, run: () => void): HTMLElement {
    return h('button', { type: 'button', class: 'chip', click: run }, this.t(key));
  }

  private renderActions(): void {
    const { session } = this;
    const { conversation } = session;
    const resolved = conversation?.state === 'resolved';
    const wanted = conversation !== null && (conversation.owner !== 'bot' || conversation.state === 'pending');
    const waits = wanted && conversation.owner !== 'person' && !session.contactLeft && !conversation.contact_id;
    const state = [resolved, wanted, waits, this.form].join();
    if (state === this.actionsShown) return;
    this.actionsShown = state;
    const rows: HTMLElement[] = [];
    if (resolved) rows.push(this.action('new_chat', () => session.restart()));
    if (!wanted || resolved) rows.push(this.action('talk_to_person', () => void session.handOver()));
    if (waits && !resolved && this.form !== 'open') rows.push(this.action('leave_contact', () => { this.asksContact = true; this.render(); }));
    if (!resolved) rows.push(this.action('end_chat', () => this.end()));
    this.actions.replaceChildren(...rows);
  }

  private end(): void {
    if (this.session.conversation) void this.session.end();
    else this.onClose();
  }

  /* Whoever has ended the chat is not asked for an address any more. */
  private wantedForm(): 'none' | 'open' | 'done' {
    const { conversation, contactLeft } = this.session;
    if (conversation?.state === 'resolved') return 'none';
    if (contactLeft) return 'done';
    return !conversation?.contact_id && (conversation?.state === 'pending' || this.asksContact) ? 'open' : 'none';
  }

  private renderForm(): void {
    const { session, t } = this;
    const pending = session.conversation?.state === 'pending';
    const form = this.wantedForm();
    if (form === this.form) return;
    this.form = form;
    this.renderActions();
    const atEnd = this.log.isAtEnd();
    if (form === 'none') this.formBox.replaceChildren();
    else if (form === 'done') this.formBox.replaceChildren(h('p', { class: 'done', role: 'status' }, t('form_done')));
    else {
      const cancel = pending ? null : () => { this.asksContact = false; this.render(); };
      this.formBox.replaceChildren(contactForm(t, (details) => void session.leaveContact(details), cancel));
      if (this.asksContact) this.formBox.querySelector('input')?.focus();
    }
    if (atEnd) this.log.toEnd();
  }
}
