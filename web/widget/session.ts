/* The chat itself: one conversation, its messages, what is under way. Knows no element; the view
   listens to `onChange`. A message is known by its id, so an answer that comes both by the request
   and by the stream appears once. */
import type { ApiError} from '../shared/api/client.ts';
import { request } from '../shared/api/client.ts';
import { EventStream, type ServerEvent, type StreamStatus } from '../shared/api/sse.ts';
import type {
  Conversation, ConversationDetail, Language, Message, MessageAnswer, NewConversation, Rating, Token, Typing, WidgetConfig,
} from '../shared/api/types.ts';
import { loadSaved, newKey, save, type Saved } from './store.ts';

export interface Pending {
  key: string;
  text: string;
  failed: boolean;
}

export type ContactDetails = { name?: string; email?: string; phone?: string };

const TYPING_MS = 6_000;
const REPLY_MS = 30_000;
const TYPING_EVERY_MS = 3_000;

export class ChatSession {
  config: WidgetConfig | null = null;
  configError: ApiError | null = null;
  conversation: Conversation | null = null;
  messages: Message[] = [];
  pending: Pending[];
  partial = ''; /* of an answer whose tokens are arriving, from its beginning */
  typing: Typing | null = null;
  expecting = false; /* sent to the bot, no answer yet */
  stream: StreamStatus = 'closed';
  error: ApiError | null = null;
  contactLeft = false;
  visible = false;
  page: string | null = null;
  onChange: () => void = () => undefined;

  readonly language: Language;
  private saved: Saved;
  private events: EventStream | null = null;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private replyTimer: ReturnType<typeof setTimeout> | undefined;
  private typedAt = 0;
  private turn = 0; /* of the partial */
  private sending = false;
  private beginning: { key: string; body: Record<string, string> } | null = null;

  constructor(language: Language) {
    this.language = language;
    this.saved = loadSaved();
    this.pending = this.saved.unsent.map((each) => ({ ...each, failed: true }));
    if (this.saved.id) this.listen();
    void this.loadConfig();
  }

  get draft(): string {
    return this.saved.draft;
  }

  get hasStarted(): boolean {
    return this.saved.id !== null || this.pending.length > 0;
  }

  get unread(): number {
    return this.messages.filter((each) => each.seq > this.saved.seen && (each.role === 'bot' || each.role === 'agent')).length;
  }

  setDraft(text: string): void {
    this.saved.draft = text;
    save(this.saved);
  }

  setVisible(visible: boolean, page: string | null): void {
    this.visible = visible;
    this.page = page;
    this.markSeen();
    this.onChange();
  }

  async loadConfig(): Promise<void> {
    this.configError = null;
    this.onChange();
    try {
      this.config = await request<WidgetConfig>('GET', '/widget/config', { query: { language: this.language } });
    } catch (error) {
      this.configError = error as ApiError;
    }
    this.onChange();
  }

  /* Shows the message at once and sends it after those before it. */
  send(text: string): void {
    this.pending.push({ key: newKey(), text, failed: false });
    this.keepUnsent();
    this.error = null;
    this.onChange();
    void this.flush();
  }

  retry(key: string): void {
    for (const each of this.pending) if (each.key === key) each.failed = false;
    this.onChange();
    void this.flush();
  }

  retryAll(): void {
    for (const each of this.pending) each.failed = false;
    this.events?.retryNow();
    void this.flush();
  }

  discard(key: string): void {
    this.pending = this.pending.filter((each) => each.key !== key);
    this.keepUnsent();
    this.onChange();
  }

  async handOver(): Promise<void> {
    await this.act(async () => {
      await this.ensureConversation();
      return this.post<Conversation>('/handover', { reason: 'asked_for_person' });
    });
  }

  async end(): Promise<void> {
    await this.act(() => this.post<Conversation>('/resolve', {}));
  }

  async leaveContact(details: ContactDetails): Promise<void> {
    await this.act(async () => {
      await this.ensureConversation();
      await this.post('/contact', details);
      this.contactLeft = true;
      return null;
    });
  }

  /* Forgets the conversation in this browser; the server keeps it. */
  restart(): void {
    this.events?.close();
    this.events = null;
    this.conversation = null;
    this.messages = [];
    this.pending = [];
    this.contactLeft = false;
    this.saved = { id: null, token: null, draft: this.saved.draft, seen: 0, unsent: [] };
    save(this.saved);
    this.onChange();
  }

  tellTyping(): void {
    const now = Date.now();
    if (!this.saved.id || now - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = now;
    this.post('/typing', {}).catch(() => undefined);
  }

  /* Shows at once; what the server refuses is taken back. Again takes the rating back. */
  async rate(message: Message, rating: 'up' | 'down'): Promise<void> {
    const before = message.rating;
    const next = before === rating ? null : rating;
    this.setRating(message.id, next);
    await this.act(async () => {
      try {
        await this.post<Rating>(`/messages/${message.id}/rating`, { rating: next });
      } catch (error) {
        this.setRating(message.id, before);
        throw error;
      }
      return null;
    });
  }

  private setRating(id: string, rating: Message['rating']): void {
    this.messages = this.messages.map((each) => (each.id === id ? { ...each, rating } : each));
    this.onChange();
  }

  private post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    return request<T>('POST', `/conversations/${this.saved.id ?? ''}${path}`, { body, token: this.saved.token, headers });
  }

  private async act(run: () => Promise<Conversation | null>): Promise<void> {
    this.error = null;
    try {
      const changed = await run();
      if (changed) this.conversation = changed;
    } catch (error) {
      this.error = error as ApiError;
    }
    this.onChange();
  }

  private async ensureConversation(): Promise<void> {
    if (this.saved.id) return;
    const made = await this.begin();
    this.saved = { ...this.saved, id: made.id, token: made.token, seen: 0 };
    save(this.saved);
    this.listen();
  }

  /* When the network fails nobody knows whether the conversation was begun: the same request, sent again,
     gives the same one. */
  private async begin(): Promise<NewConversation> {
    this.beginning ??= { key: newKey(), body: { language: this.language, ...(this.page ? { page_url: this.page } : {}) } };
    const { key, body } = this.beginning;
    try {
      const made = await request<NewConversation>('POST', '/conversations', { body, headers: { 'Idempotency-Key': key } });
      this.beginning = null;
      return made;
    } catch (error) {
      if (!(error as ApiError).isOffline) this.beginning = null;
      throw error;
    }
  }

  private async flush(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    for (;;) {
      const next = this.pending.find((each) => !each.failed);
      if (!next) break;
      await this.deliver(next);
    }
    this.sending = false;
    this.onChange();
  }

  private async deliver(next: Pending): Promise<void> {
    try {
      await this.ensureConversation();
      this.expectReply();
      const answer = await this.post<MessageAnswer>('/messages', { text: next.text }, { 'Idempotency-Key': next.key });
      this.pending = this.pending.filter((each) => each !== next);
      this.add([answer.message]);
      this.keepUnsent();
    } catch (error) {
      this.refuse(error as ApiError);
      this.expecting = false;
      next.failed = true;
      this.onChange();
    }
  }

  private refuse(error: ApiError): void {
    const gone = error.status === 401 || error.status === 404;
    if (gone) {
      /* The conversation no longer exists: the text stays, the next try opens a new one. */
      const unsent = this.pending;
      this.restart();
      this.pending = unsent;
      this.keepUnsent();
    } else if (!error.isOffline) this.error = error;
  }

  private keepUnsent(): void {
    this.saved.unsent = this.pending.map(({ key, text }) => ({ key, text }));
    save(this.saved);
  }

  private expectReply(): void {
    if (this.conversation && this.conversation.owner !== 'bot' && this.conversation.state !== 'resolved') return;
    this.expecting = true;
    clearTimeout(this.replyTimer);
    this.replyTimer = setTimeout(() => {
      this.expecting = false;
      this.onChange();
    }, REPLY_MS);
  }

  private listen(): void {
    this.events?.close();
    this.events = new EventStream({
      path: `/conversations/${this.saved.id ?? ''}/events`,
      token: this.saved.token,
      onEvent: (event) => this.receive(event),
      onStatus: (status) => {
        this.stream = status;
        /* Tokens that are missed do not come again: the answer is shown when it is whole. */
        if (status !== 'open') this.partial = '';
        /* What came before the stream stood is fetched; what comes twice is dropped by id. */
        if (status === 'open') void this.refresh();
        this.onChange();
      },
      onRefused: () => {
        const unsent = this.pending;
        this.restart();
        this.pending = unsent;
        this.keepUnsent();
      },
    });
  }

  private async refresh(): Promise<void> {
    try {
      const { messages, ...conversation } = await request<ConversationDetail>('GET', `/conversations/${this.saved.id ?? ''}`, { token: this.saved.token });
      this.conversation = conversation;
      this.add(messages);
    } catch {
      /* The stream will say what happens next. */
    }
    this.onChange();
  }

  private receive(event: ServerEvent): void {
    const data: unknown = JSON.parse(event.data);
    if (event.event === 'message') this.add([data as Message]);
    else if (event.event === 'state') this.conversation = data as Conversation;
    else if (event.event === 'typing') this.showTyping(data as Typing);
    else if (event.event === 'rating') this.setRating((data as Rating).message_id, (data as Rating).rating);
    else if (event.event === 'token') this.hear(data as Token);
    this.onChange();
  }

  /* Only what goes on from what is shown, or begins anew: never the middle of an answer. */
  private hear({ turn, from, text }: Token): void {
    if (turn < this.turn || (from !== 0 && (turn !== this.turn || from !== [...this.partial].length))) return;
    this.partial = from === 0 ? text : this.partial + text;
    this.turn = turn;
  }

  private showTyping(typing: Typing): void {
    if (typing.role === 'customer') return;
    this.typing = typing;
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => {
      this.typing = null;
      this.onChange();
    }, TYPING_MS);
  }

  private add(messages: Message[]): void {
    const known = new Map(this.messages.map((each) => [each.id, each]));
    for (const message of messages) {
      if (!known.has(message.id)) this.arrived(message);
      known.set(message.id, message);
    }
    this.messages = [...known.values()].sort((a, b) => a.seq - b.seq);
    this.markSeen();
  }

  private arrived(message: Message): void {
    if (message.role === 'customer') {
      /* Our own message by the stream, before the request has answered. */
      const own = this.pending.find((each) => !each.failed && each.text === message.text);
      if (own) this.pending = this.pending.filter((each) => each !== own);
      return;
    }
    this.partial = '';
    this.expecting = false;
    this.typing = null;
  }

  private markSeen(): void {
    const last = this.messages[this.messages.length - 1]?.seq ?? 0;
    if (!this.visible || last <= this.saved.seen) return;
    this.saved.seen = last;
    save(this.saved);
  }
}
