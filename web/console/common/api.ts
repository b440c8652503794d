/* Every request of the console, one function each, so that a path stands in one place. */
import { request, type Query } from '../../shared/api/client.ts';
import type {
  Article, ArticleInput, Contact, ContactInput, Conversation, ConversationDetail, MessageAnswer, Page, SearchHit, Session,
  TimelineItem, User,
} from '../../shared/api/types.ts';

type Signal = AbortSignal | undefined;

function options(signal: Signal, query: Query = {}) {
  return signal ? { query, signal } : { query };
}

function post<T>(path: string, body: unknown = {}, headers: Record<string, string> = {}): Promise<T> {
  return request<T>('POST', path, { body, headers });
}

export const api = {
  session: () => request<Session>('GET', '/session'),
  login: (email: string, password: string) => post<Session>('/session', { email, password }),
  logout: () => request<void>('DELETE', '/session'),
  updateMe: (change: Partial<Pick<User, 'language' | 'name'>>) => request<User>('PATCH', '/users/me', { body: change }),

  conversations: (query: Query, signal?: Signal) => request<Page<Conversation>>('GET', '/conversations', options(signal, query)),
  conversation: (id: string, signal?: Signal) => request<ConversationDetail>('GET', `/conversations/${id}`, options(signal)),
  sendMessage: (id: string, text: string, key: string) =>
    post<MessageAnswer>(`/conversations/${id}/messages`, { text }, { 'Idempotency-Key': key }),
  handOver: (id: string) => post<Conversation>(`/conversations/${id}/handover`, { reason: 'staff' }),
  take: (id: string, force: boolean) => post<Conversation>(`/conversations/${id}/take`, force ? { force: true } : {}),
  returnToBot: (id: string) => post<Conversation>(`/conversations/${id}/return`),
  resolve: (id: string) => post<Conversation>(`/conversations/${id}/resolve`),
  reopen: (id: string) => post<Conversation>(`/conversations/${id}/reopen`),
  typing: (id: string) => post<void>(`/conversations/${id}/typing`),
  leaveContact: (id: string, contact: ContactInput) => post<Contact>(`/conversations/${id}/contact`, contact),

  contacts: (query: Query, signal?: Signal) => request<Page<Contact>>('GET', '/contacts', options(signal, query)),
  contact: (id: string, signal?: Signal) => request<Contact>('GET', `/contacts/${id}`, options(signal)),
  createContact: (input: ContactInput, key: string) => post<Contact>('/contacts', input, { 'Idempotency-Key': key }),
  updateContact: (id: string, change: ContactInput) => request<Contact>('PATCH', `/contacts/${id}`, { body: change }),
  deleteContact: (id: string) => request<void>('DELETE', `/contacts/${id}`),
  restoreContact: (id: string) => post<Contact>(`/contacts/${id}/restore`),
  timeline: (id: string, token: string | null, signal?: Signal) =>
    request<Page<TimelineItem>>('GET', `/contacts/${id}/timeline`, options(signal, { page_token: token, page_size: 30 })),

  articles: (query: Query, signal?: Signal) => request<Page<Article>>('GET', '/articles', options(signal, query)),
  article: (id: string, signal?: Signal) => request<Article>('GET', `/articles/${id}`, options(signal)),
  createArticle: (input: ArticleInput, key: string) => post<Article>('/articles', input, { 'Idempotency-Key': key }),
  updateArticle: (id: string, change: ArticleInput) => request<Article>('PATCH', `/articles/${id}`, { body: change }),
  deleteArticle: (id: string) => request<void>('DELETE', `/articles/${id}`),
  restoreArticle: (id: string) => post<Article>(`/articles/${id}/restore`),

  search: (q: string, signal?: Signal) => request<Page<SearchHit>>('GET', '/search', options(signal, { q })),
};

/* Unique is enough for an idempotency key; randomUUID exists only on secure pages. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

