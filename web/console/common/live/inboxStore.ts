/* Conversations and messages as this browser knows them, fed by lists, by single fetches and by the
   event stream. Everything is known by its id, so the order in which the three arrive is no matter.
   Does not fetch. */
import type { Conversation, Judgement, Message, Rating, Typing } from '../../../shared/api/types.ts';
import { readStored, writeStored } from '../prefs.ts';

export interface PendingMessage {
  key: string;
  text: string;
  failed: boolean;
}

const SEEN = 'zhiyin.seen';
const MAX_SEEN = 500;
const TYPING_MS = 6_000;

const NONE: ReadonlyMap<string, Judgement> = new Map();

export class InboxStore {
  private conversations = new Map<string, Conversation>();
  private messages = new Map<string, Message[]>();
  private judgements = new Map<string, Map<string, Judgement>>();
  private pending = new Map<string, PendingMessage[]>();
  private typing = new Map<string, Typing & { until: number }>();
  private seen = new Map<string, string>(Object.entries(readStored<Record<string, string>>(SEEN) ?? {}));
  private listeners = new Set<() => void>();
  private changes = 0;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  version = (): number => this.changes;

  all(): Conversation[] {
    return [...this.conversations.values()];
  }

  get(id: string): Conversation | null {
    return this.conversations.get(id) ?? null;
  }

  messagesOf(id: string): Message[] | null {
    return this.messages.get(id) ?? null;
  }

  /* By message. */
  judgementsOf(id: string): ReadonlyMap<string, Judgement> {
    return this.judgements.get(id) ?? NONE;
  }

  pendingOf(id: string): PendingMessage[] {
    return this.pending.get(id) ?? [];
  }

  typingIn(id: string, now: number): Typing | null {
    const typing = this.typing.get(id);
    return typing && typing.until > now ? typing : null;
  }

  /* Older news never overwrites newer: a slow list may arrive after an event. */
  upsert(conversations: Conversation[]): void {
    for (const each of conversations) {
      const known = this.conversations.get(each.id);
      if (!known || known.updated_at <= each.updated_at) this.conversations.set(each.id, { ...known, ...each });
    }
    this.changed();
  }

  setMessages(id: string, messages: Message[]): void {
    this.messages.set(id, this.merge(this.messages.get(id) ?? [], messages));
    this.changed();
  }

  addMessage(message: Message): void {
    const id = message.conversation_id;
    const known = this.messages.get(id);
    const isNew = !known?.some((each) => each.id === message.id);
    if (known) this.messages.set(id, this.merge(known, [message]));
    if (isNew && message.role === 'agent') this.arrived(message);
    if (message.role !== 'customer') this.typing.delete(id);
    else if (this.typing.get(id)?.role === 'customer') this.typing.delete(id);
    const conversation = this.conversations.get(id);
    if (conversation && isNew && conversation.updated_at <= message.at) {
      const last = message.role === 'system' ? conversation.last_message : { role: message.role, text: message.text, at: message.at };
      this.conversations.set(id, { ...conversation, last_message: last, updated_at: message.at });
    }
    this.changed();
  }

  setRating({ conversation_id, message_id, rating }: Rating): void {
    const known = this.messages.get(conversation_id);
    if (!known) return;
    this.messages.set(conversation_id, known.map((each) => (each.id === message_id ? { ...each, rating } : each)));
    this.changed();
  }

  setJudgements(judged: Judgement[]): void {
    for (const each of judged) {
      const id = each.conversation_id;
      const known = new Map(this.judgements.get(id)).set(each.message_id, each);
      this.judgements.set(id, known);
      const conversation = this.conversations.get(id);
      const isLast = [...known.keys()].every((message) => message <= each.message_id);
      if (conversation && isLast) this.conversations.set(id, { ...conversation, mood: each.corrected_mood ?? each.mood, urgent: each.urgent });
    }
    this.changed();
  }

  setPending(id: string, pending: PendingMessage[]): void {
    if (pending.length > 0) this.pending.set(id, pending);
    else this.pending.delete(id);
    this.changed();
  }

  setTyping(typing: Typing): void {
    this.typing.set(typing.conversation_id, { ...typing, until: Date.now() + TYPING_MS });
    this.changed();
    setTimeout(() => this.changed(), TYPING_MS + 50);
  }

  isUnread(conversation: Conversation): boolean {
    if (conversation.state === 'resolved' || conversation.owner === 'bot') return false;
    const last = conversation.last_message;
    return last?.role === 'customer' && (this.seen.get(conversation.id) ?? '') < last.at;
  }

  markSeen(conversation: Conversation): void {
    const last = conversation.last_message?.at;
    if (!last || this.seen.get(conversation.id) === last) return;
    this.seen.delete(conversation.id);
    this.seen.set(conversation.id, last);
    const kept = [...this.seen].slice(-MAX_SEEN);
    this.seen = new Map(kept);
    writeStored(SEEN, Object.fromEntries(kept));
    this.changed();
  }

  /* Our own message by the stream, before the request has answered: it must not stand there twice. */
  private arrived(message: Message): void {
    const pending = this.pendingOf(message.conversation_id);
    const own = pending.find((each) => !each.failed && each.text === message.text);
    if (own) this.setPending(message.conversation_id, pending.filter((each) => each !== own));
  }

  private merge(known: Message[], added: Message[]): Message[] {
    const byId = new Map(known.map((each) => [each.id, each]));
    for (const each of added) byId.set(each.id, each);
    return [...byId.values()].sort((a, b) => a.seq - b.seq);
  }

  private changed(): void {
    this.changes += 1;
    for (const listener of this.listeners) listener();
  }
}
