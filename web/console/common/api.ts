/* Every request of the console, one function each, so that a path stands in one place. */
import { request, type Query } from '../../shared/api/client.ts';
import type {
  AccessRole, ApiKey, Article, ArticleInput, AuditRow, AuditState, BulkResult, Classifier, Contact, ContactInput, Conversation, ConversationCounts,
  ConversationDetail,
  Conversion, Correction, CreatedKey, CreatedWebhook, DeclaredObject, Draft, Facts, Forecast, Import, ImportOptions,
  ImportPreview, JudgeTask, Judgement, LinkOwner, LoginSession, Mark, MessageAnswer, ModelChoice, ModelFile, ModelNow, ModelTrial, ModelTrialResult,
  NewApiKey, NewConversion, NewField, NewObject, NewRole, NewUser, NewView, NewWebhook, NotificationPage, Organisation, Page, RecordPage,
  RecordRow, RoleChange, SearchHit, Session, StageConversion, Team, TimelineItem, TotpSecret, User, UserChange, UserLink, View,
  VoiceMessage, VoiceReport, Webhook, WebhookDelivery, Why,
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
  login: (email: string, password: string, code?: string) => post<Session>('/session', { email, password, ...(code ? { code } : {}) }),
  logout: () => request<void>('DELETE', '/session'),
  updateMe: (change: Partial<Pick<User, 'language' | 'name'>>) => request<User>('PATCH', '/users/me', { body: change }),

  conversations: (query: Query, signal?: Signal) => request<Page<Conversation>>('GET', '/conversations', options(signal, query)),
  conversationCounts: (signal?: Signal) => request<ConversationCounts>('GET', '/conversations/counts', options(signal)),
  conversation: (id: string, signal?: Signal) => request<ConversationDetail>('GET', `/conversations/${id}`, options(signal)),
  sendMessage: (id: string, text: string, key: string) =>
    post<MessageAnswer>(`/conversations/${id}/messages`, { text }, { 'Idempotency-Key': key }),
  why: (id: string, message: string, signal?: Signal) => request<Why>('GET', `/conversations/${id}/messages/${message}/why`, options(signal)),
  judgements: (id: string, signal?: Signal) => request<{ items: Judgement[] }>('GET', `/conversations/${id}/judgements`, options(signal)),
  correct: (id: string, message: string, words: Correction) =>
    request<Judgement>('PUT', `/conversations/${id}/messages/${message}/judgement`, { body: { mood: words.corrected_mood, intent: words.corrected_intent } }),
  judgementWords: (signal?: Signal) => request<{ intents: string[] }>('GET', '/judgements/words', options(signal)),
  contactJudgements: (id: string, signal?: Signal) => request<{ items: Judgement[] }>('GET', `/contacts/${id}/judgements`, options(signal)),
  facts: (id: string, signal?: Signal) => request<Facts>('GET', `/conversations/${id}/facts`, options(signal)),
  voice: (query: Query, signal?: Signal) => request<VoiceReport>('GET', '/reports/voice', options(signal, query)),
  voiceMessages: (query: Query, signal?: Signal) => request<Page<VoiceMessage> & { n: number }>('GET', '/reports/voice/messages', options(signal, query)),
  draft: (id: string) => post<Draft>(`/conversations/${id}/draft`),
  handOver: (id: string) => post<Conversation>(`/conversations/${id}/handover`, { reason: 'staff' }),
  take: (id: string, force: boolean) => post<Conversation>(`/conversations/${id}/take`, force ? { force: true } : {}),
  returnToBot: (id: string) => post<Conversation>(`/conversations/${id}/return`),
  resolve: (id: string) => post<Conversation>(`/conversations/${id}/resolve`),
  reopen: (id: string) => post<Conversation>(`/conversations/${id}/reopen`),
  typing: (id: string) => post<void>(`/conversations/${id}/typing`),
  leaveContact: (id: string, contact: ContactInput) => post<Contact>(`/conversations/${id}/contact`, contact),

  contact: (id: string, signal?: Signal) => request<Contact>('GET', `/contacts/${id}`, options(signal)),
  updateContact: (id: string, change: ContactInput) => request<Contact>('PATCH', `/contacts/${id}`, { body: change }),
  timeline: (object: 'contacts' | 'companies', id: string, token: string | null, signal?: Signal) =>
    request<Page<TimelineItem>>('GET', `/${object}/${id}/timeline`, options(signal, { page_token: token, page_size: 30 })),

  articles: (query: Query, signal?: Signal) => request<Page<Article>>('GET', '/articles', options(signal, query)),
  article: (id: string, signal?: Signal) => request<Article>('GET', `/articles/${id}`, options(signal)),
  createArticle: (input: ArticleInput, key: string) => post<Article>('/articles', input, { 'Idempotency-Key': key }),
  updateArticle: (id: string, change: ArticleInput) => request<Article>('PATCH', `/articles/${id}`, { body: change }),
  deleteArticle: (id: string) => request<void>('DELETE', `/articles/${id}`),
  restoreArticle: (id: string) => post<Article>(`/articles/${id}/restore`),

  objects: (signal?: Signal) => request<{ items: DeclaredObject[] }>('GET', '/objects', options(signal)),
  createObject: (input: NewObject) => post<DeclaredObject>('/objects', input),
  updateObject: (object: string, change: Partial<NewObject>) => request<DeclaredObject>('PATCH', `/objects/${object}`, { body: change }),
  deleteObject: (object: string) => request<void>('DELETE', `/objects/${object}`),
  restoreObject: (object: string) => post<DeclaredObject>(`/objects/${object}/restore`),
  createField: (object: string, input: NewField) => post<DeclaredObject>(`/objects/${object}/fields`, input),
  updateField: (object: string, field: string, change: NewField) => request<DeclaredObject>('PATCH', `/objects/${object}/fields/${field}`, { body: change }),
  deleteField: (object: string, field: string) => request<void>('DELETE', `/objects/${object}/fields/${field}`),
  restoreField: (object: string, field: string) => post<DeclaredObject>(`/objects/${object}/fields/${field}/restore`),

  records: (object: string, query: Query, signal?: Signal) => request<RecordPage>('GET', `/${object}`, options(signal, query)),
  record: (object: string, id: string, query: Query, signal?: Signal) => request<RecordRow>('GET', `/${object}/${id}`, options(signal, query)),
  createRecord: (object: string, input: object, key: string) => post<RecordRow>(`/${object}`, input, { 'Idempotency-Key': key }),
  updateRecord: (object: string, id: string, change: object) => request<RecordRow>('PATCH', `/${object}/${id}`, { body: change }),
  deleteRecord: (object: string, id: string) => request<void>('DELETE', `/${object}/${id}`),
  restoreRecord: (object: string, id: string) => post<RecordRow>(`/${object}/${id}/restore`),
  bulk: (object: string, changes: { update?: object[]; delete?: string[] }) => post<BulkResult>(`/${object}/bulk`, changes),

  imports: (signal?: Signal) => request<Page<Import>>('GET', '/imports', options(signal)),
  oneImport: (id: string, signal?: Signal) => request<Import>('GET', `/imports/${id}`, options(signal)),
  takeFile: (object: string, file: File) => request<ImportPreview>('POST', '/imports', { file, query: { object, name: file.name } }),
  previewImport: (id: string, change: ImportOptions) => post<ImportPreview>(`/imports/${id}/preview`, change),
  startImport: (id: string, change: ImportOptions) => post<Import>(`/imports/${id}/start`, change),
  revertImport: (id: string) => post<Import>(`/imports/${id}/revert`),
  dropImport: (id: string) => request<void>('DELETE', `/imports/${id}`),

  convertLead: (id: string, input: NewConversion) => post<Conversion>(`/leads/${id}/convert`, input),
  unconvertLead: (id: string) => post<Conversion>(`/leads/${id}/unconvert`),
  forecast: (pipeline: string, signal?: Signal) => request<{ items: Forecast[] }>('GET', `/pipelines/${pipeline}/forecast`, options(signal, { by: 'month' })),
  conversion: (pipeline: string, signal?: Signal) => request<{ items: StageConversion[] }>('GET', `/pipelines/${pipeline}/conversion`, options(signal)),

  notifications: (query: Query, signal?: Signal) => request<NotificationPage>('GET', '/notifications', options(signal, query)),
  markNotification: (id: string, read: boolean) => request<void>('PATCH', `/notifications/${id}`, { body: { read } }),
  markAllNotifications: () => post<void>('/notifications/read'),

  audit: (query: Query, signal?: Signal) => request<Page<AuditRow>>('GET', '/audit', options(signal, query)),
  auditState: (full: boolean, signal?: Signal) => request<AuditState>('GET', '/audit/state', options(signal, { full: full ? 'true' : null })),

  webhooks: (signal?: Signal) => request<Page<Webhook>>('GET', '/webhooks', options(signal)),
  createWebhook: (input: NewWebhook) => post<CreatedWebhook>('/webhooks', input),
  updateWebhook: (id: string, change: Partial<NewWebhook>) => request<Webhook>('PATCH', `/webhooks/${id}`, { body: change }),
  renewWebhookSecret: (id: string) => request<CreatedWebhook>('PATCH', `/webhooks/${id}`, { body: { new_secret: true } }),
  deleteWebhook: (id: string) => request<void>('DELETE', `/webhooks/${id}`),
  testWebhook: (id: string) => post<{ delivery_id: string }>(`/webhooks/${id}/test`),
  deliveries: (id: string, token: string | null, signal?: Signal) => request<Page<WebhookDelivery>>('GET', `/webhooks/${id}/deliveries`, options(signal, { page_token: token, page_size: 30 })),
  replayDelivery: (id: string, delivery: string) => post<void>(`/webhooks/${id}/deliveries/${delivery}/replay`),

  views: (object: string, signal?: Signal) => request<Page<View>>('GET', '/views', options(signal, { object })),
  createView: (input: NewView) => post<View>('/views', input),
  deleteView: (id: string) => request<void>('DELETE', `/views/${id}`),
  recent: (signal?: Signal) => request<Page<Mark>>('GET', '/recent', options(signal)),
  noteOpened: (object: string, id: string) => post<void>('/recent', { object, id }),
  favourites: (signal?: Signal) => request<Page<Mark>>('GET', '/favourites', options(signal)),
  addFavourite: (object: string, id: string) => post<void>('/favourites', { object, id }),
  removeFavourite: (object: string, id: string) => request<void>('DELETE', `/favourites/${object}/${id}`),

  users: (signal?: Signal) => request<{ items: User[] }>('GET', '/users', options(signal)),
  invite: (input: NewUser) => post<UserLink>('/users', input),
  updateUser: (id: string, change: UserChange) => request<User>('PATCH', `/users/${id}`, { body: change }),
  deactivateUser: (id: string, heir: string | null) => post<{ user: User; handed_over: number }>(`/users/${id}/deactivate`, heir ? { hand_over_to: heir } : {}),
  reactivateUser: (id: string) => post<User>(`/users/${id}/reactivate`),
  resetUser: (id: string, totp: boolean) => post<UserLink>(`/users/${id}/reset`, { totp }),
  linkOwner: (token: string) => post<LinkOwner>('/users/link', { token }),
  acceptLink: (token: string, password: string) => post<User>('/users/accept', { token, password }),
  setPassword: (current: string, fresh: string) => post<void>('/users/me/password', { current, new: fresh }),
  beginTotp: (password: string) => post<TotpSecret>('/users/me/totp', { password }),
  confirmTotp: (code: string) => post<{ recovery_codes: string[] }>('/users/me/totp/confirm', { code }),
  disableTotp: (password: string) => post<void>('/users/me/totp/disable', { password }),
  sessions: (signal?: Signal) => request<{ items: LoginSession[] }>('GET', '/users/me/sessions', options(signal)),
  endSession: (id: string) => request<void>('DELETE', `/users/me/sessions/${id}`),
  endAllSessions: () => request<void>('DELETE', '/users/me/sessions'),
  roles: (signal?: Signal) => request<{ items: AccessRole[] }>('GET', '/roles', options(signal)),
  createRole: (input: NewRole) => post<AccessRole>('/roles', input),
  updateRole: (name: string, change: RoleChange) => request<AccessRole>('PATCH', `/roles/${name}`, { body: change }),
  deleteRole: (name: string) => request<void>('DELETE', `/roles/${name}`),
  teams: (signal?: Signal) => request<{ items: Team[] }>('GET', '/teams', options(signal)),
  createTeam: (input: Omit<Team, 'id'>) => post<Team>('/teams', input),
  updateTeam: (id: string, change: Partial<Omit<Team, 'id'>>) => request<Team>('PATCH', `/teams/${id}`, { body: change }),
  deleteTeam: (id: string) => request<void>('DELETE', `/teams/${id}`),
  keys: (signal?: Signal) => request<{ items: ApiKey[] }>('GET', '/keys', options(signal)),
  createKey: (input: NewApiKey) => post<CreatedKey>('/keys', input),
  revokeKey: (id: string) => request<void>('DELETE', `/keys/${id}`),
  organisation: (signal?: Signal) => request<Organisation>('GET', '/organisation', options(signal)),
  updateOrganisation: (change: Partial<Pick<Organisation, 'name' | 'time_zone' | 'working_hours'>>) => request<Organisation>('PATCH', '/organisation', { body: change }),
  model: (signal?: Signal) => request<ModelNow>('GET', '/model', options(signal)),
  models: (signal?: Signal) => request<Page<ModelFile>>('GET', '/models', options(signal)),
  switchModel: (choice: ModelChoice) => post<ModelNow>('/model/switch', choice),
  classifiers: (signal?: Signal) => request<{ items: Classifier[] }>('GET', '/classifiers', options(signal)),
  promoteClassifier: (sha256: string, how: { shadow: boolean; force: boolean }) => post<{ items: Classifier[] }>(`/classifiers/${sha256}/promote`, how),
  rollbackClassifier: (task: JudgeTask, shadow: boolean) => post<{ items: Classifier[] }>('/classifiers/rollback', { task, shadow }),
  testModel: (trial: ModelTrial) => post<ModelTrialResult>('/model/test', trial),

  search: (q: string, signal?: Signal) => request<Page<SearchHit>>('GET', '/search', options(signal, { q })),
};

/* Unique is enough for an idempotency key; randomUUID exists only on secure pages. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

