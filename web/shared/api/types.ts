/* Names for what the server sends and takes. The shapes come from schema.d.ts, which `npm run generate`
   makes from the server's own description (`zhiyin openapi >web/shared/openapi.json`); only what that
   description leaves open is said here: an answer always holds all its fields, and a few texts are
   one of a known set. */
import type { components } from './schema.d.ts';

type Schemas = components['schemas'];

/* As sent by the server: no field is ever left out, null stands for nothing. */
type Sent<T> = T extends (infer Item)[] ? Sent<Item>[] : T extends object ? { [Name in keyof T]-?: Sent<Exclude<T[Name], undefined>> } : T;
type With<T, Known> = Omit<T, keyof Known> & Known;

export type Problem = Partial<Schemas['Problem']> & Pick<Schemas['Problem'], 'title' | 'status'>;
export type FieldError = NonNullable<Schemas['Problem']['errors']>[number];

export interface Page<T> {
  items: T[];
  next_page_token: string | null;
}

export type User = Sent<Schemas['User']>;
export type Organisation = Sent<Schemas['Organisation']>;
export type Session = Sent<Schemas['Session']>;
export type Language = User['language'];
export type NewUser = Schemas['NewUser'];
export type UserChange = Schemas['UserChange'];
export type UserLink = Sent<Schemas['UserLink']>;
export type LinkOwner = Sent<Schemas['LinkOwner']>;
export type LoginSession = Sent<Schemas['LoginSession']>;
export type TotpSecret = Sent<Schemas['TotpSecret']>;

/* What a role says of one object: how far each act reaches, and fields that are kept back. */
export type Act = 'read' | 'create' | 'update' | 'delete' | 'export' | 'import';
export type Reach = 'none' | 'own' | 'team' | 'all';
export type FieldRight = 'write' | 'read' | 'hidden';
export type ObjectRights = Partial<Record<Act, Reach>> & { fields?: Record<string, FieldRight> };
export type Rights = Record<string, ObjectRights>;
export type AccessRole = With<Sent<Schemas['Role']>, { rights: Rights }>;
export type RoleChange = Partial<Pick<AccessRole, 'label_zh' | 'label_en' | 'rights'>>;
export type NewRole = RoleChange & Pick<AccessRole, 'name'>;
export type Team = Sent<Schemas['Team']>;
export type ApiKey = With<Sent<Schemas['Key']>, { state: 'active' | 'expired' | 'revoked' }>;
export type NewApiKey = Schemas['NewKey'];
export type CreatedKey = Sent<Schemas['CreatedKey']>;

export type Message = Sent<Schemas['Message']>;
export type Citation = Sent<Schemas['Citation']>;
/* Lists tell the mood, events and single answers do not: what is known stays. */
export type Conversation = With<Sent<Schemas['Conversation']>, { mood?: Mood | null; urgent?: boolean }>;
export type Judgement = With<Sent<Schemas['Judgement']>, { corrected_mood: Mood | null }>;
export type Mood = Schemas['Judgement']['mood'];
export type VoiceReport = Sent<Schemas['VoiceReport']>;
export type VoiceCount = Sent<Schemas['VoiceCount']>;
export type VoiceTopic = Sent<Schemas['VoiceTopic']>;
export type VoiceMessage = Sent<Schemas['VoiceMessage']>;
export type Correction = Pick<Judgement, 'corrected_mood' | 'corrected_intent'>;
export type ConversationCounts = Sent<Schemas['ConversationCounts']>;
export type ConversationDetail = Sent<Schemas['ConversationFull']>;
export type Role = Message['role'];
export type Rating = Sent<Schemas['Rating']>;
export type Draft = Sent<Schemas['Draft']>;
/* What was not looked up or not asked is left out. */
export type Why = Partial<Sent<Schemas['Why']>>;
export type ModelCall = Sent<Schemas['ModelCall']>;

export type ModelNow = Sent<Schemas['Model']>;
export type ModelFile = Sent<Schemas['ModelFile']>;
export type ModelChoice = Schemas['ModelChoice'];
export type ModelTrial = Schemas['ModelTrial'];
export type ModelTrialResult = Sent<Schemas['ModelTrialResult']>;
export type Classifier = Sent<Schemas['Classifier']>;
export type ClassifierMeasures = Sent<Schemas['ClassifierMeasures']>;
export type JudgeTask = Classifier['task'];
export type NewConversation = Schemas['ConversationToken'];
export type MessageAnswer = Sent<Schemas['MessageReply']>;

export type Fact = Sent<Schemas['Fact']>;
export type FactRequest = Sent<Schemas['FactRequest']>;
export type FactAspect = Sent<Schemas['FactAspect']>;
export interface Facts {
  items: Fact[];
  requests: FactRequest[];
  aspects: FactAspect[];
}

export type Contact = With<Sent<Schemas['Contact']>, { language: Language | null }>;
export type ContactInput = Partial<Pick<Contact, 'name' | 'email' | 'phone' | 'title' | 'language' | 'tags'>>;
export type TimelineItem = Sent<Schemas['TimelineItem']>;

export type Article = With<Sent<Schemas['Article']>, { kind: 'faq' | 'document'; language: Language; status: 'published' | 'draft' }>;
export type ArticleInput = Partial<Pick<Article, 'title' | 'body' | 'kind' | 'category' | 'url' | 'language' | 'status'>>;

/* A record of any declared object: what its fields hold is said by the declaration. */
export type RecordRow = { id: string; created_at?: string; updated_at?: string } & { [field: string]: unknown };
export type DeclaredField = Sent<Schemas['DeclaredField']>;
export type DeclaredObject = With<Sent<Schemas['DeclaredObject']>, { fields: DeclaredField[] }>;
export type NewField = Partial<Schemas['NewField']>;
export type NewObject = Omit<Schemas['NewObject'], 'fields'> & { fields: NewField[] };
export interface RecordPage extends Page<RecordRow> {
  total?: number;
  total_exact?: boolean;
}
export interface BulkResult {
  items: { id: string | null; status: number; detail?: string }[];
}
export interface ViewColumn {
  name: string;
  width?: number | null;
}
export type View = With<Sent<Schemas['View']>, { columns: ViewColumn[] }>;
export type NewView = Partial<Pick<View, 'object' | 'name' | 'shared' | 'filter' | 'order_by' | 'columns'>>;
export type Mark = Sent<Schemas['Mark']>;

export type NewConversion = Schemas['NewConversion'];
export type Conversion = Sent<Schemas['Conversion']>;
export type Forecast = Sent<Schemas['ForecastRow']>;
export type StageConversion = Sent<Schemas['StageConversion']>;

export type Notification = Sent<Schemas['Notification']>;
export interface NotificationPage extends Page<Notification> {
  unread: number;
}

export type AuditRow = With<Sent<Schemas['AuditRow']>, { detail: Record<string, unknown> }>;
export type AuditState = Sent<Schemas['AuditState']>;

export type Webhook = Omit<Sent<Schemas['Webhook']>, 'secret' | 'new_secret'>;
export type NewWebhook = Pick<Webhook, 'name' | 'url' | 'events' | 'active'>;
export type CreatedWebhook = Webhook & { secret: string };
export type WebhookDelivery = Sent<Schemas['WebhookDelivery']>;

export type Import = Sent<Schemas['Import']>;
export type ImportOptions = Schemas['ImportOptions'];
export type ImportPreview = With<Sent<Schemas['ImportPreview']>, { import: Import }>;

export type SearchHit = Sent<Schemas['SearchResult']>;
export type WidgetConfig = Sent<Schemas['WidgetConfig']>;

/* Events that are not rows of the description. */
export interface Typing {
  conversation_id: string;
  role: Role;
  name: string | null;
}

/* Part of what the bot is saying: `turn` tells one answer from the next, `from` how much of it was said before. */
export interface Token {
  conversation_id: string;
  turn: number;
  from: number;
  text: string;
}
