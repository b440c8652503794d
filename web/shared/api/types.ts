/* What the server sends and takes, written by hand after the HTTP surface until the server's own
   OpenAPI file is generated into schema.d.ts (`npm run generate`). Only this file names the shapes:
   switching to the generated ones means replacing the right-hand sides here. */

export type Language = 'zh' | 'en';
export type State = 'open' | 'pending' | 'handed_over' | 'resolved';
export type Owner = 'bot' | 'queue' | 'person';
export type Role = 'customer' | 'agent' | 'bot' | 'system';
export type Reason =
  | 'asked_for_person'
  | 'nothing_found'
  | 'misunderstood'
  | 'angry'
  | 'complaint'
  | 'account_question'
  | 'staff'
  | 'error';

export interface FieldError {
  path: string;
  message: string;
}

export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  code?: string;
  request_id?: string;
  errors?: FieldError[];
}

export interface Page<T> {
  items: T[];
  next_page_token: string | null;
}

export interface User {
  id: string;
  name: string;
  email: string;
  role: 'admin' | 'agent';
  language: Language;
  active: boolean;
}

export type WorkingHours = Partial<Record<'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun', string[] | null>>;

export interface Organisation {
  id: string;
  name: string;
  language: Language;
  time_zone: string;
  public_url: string | null;
  working_hours: WorkingHours;
  open_now: boolean;
}

export interface Session {
  user: User;
  organisation: Organisation;
}

export interface LastMessage {
  role: Role;
  text: string;
  at: string;
}

export interface Conversation {
  id: string;
  state: State;
  owner: Owner;
  owner_id: string | null;
  owner_name: string | null;
  contact_id: string | null;
  contact_name: string | null;
  channel: 'web' | 'api';
  language: Language;
  handover_reason: Reason | null;
  handover_summary: string | null;
  waiting_since: string | null;
  last_message: LastMessage | null;
  n_messages: number;
  page_url: string | null;
  created_at: string;
  updated_at: string;
}

export interface Citation {
  article_id: string;
  title: string;
  passage: string;
  score: number;
  url: string | null;
}

export interface Message {
  id: string;
  seq: number;
  conversation_id: string;
  role: Role;
  text: string;
  at: string;
  ai_generated: boolean;
  author_name: string | null;
  path: 'curated' | 'extract' | 'generated' | 'template' | null;
  citations: Citation[];
}

export interface ConversationDetail extends Conversation {
  messages: Message[];
}

export interface NewConversation {
  id: string;
  token: string;
}

export interface MessageAnswer {
  message: Message;
  reply?: Message | null;
}

export interface Typing {
  conversation_id: string;
  role: Role;
  name: string | null;
}

export interface Token {
  conversation_id: string;
  text: string;
}

export interface Contact {
  id: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  company_id: string | null;
  title: string | null;
  language: Language | null;
  source: string | null;
  tags: string[];
  owner_id: string | null;
  custom: Record<string, unknown>;
  created_at: string;
  updated_at: string;
}

export type ContactInput = Partial<Pick<Contact, 'name' | 'email' | 'phone' | 'title' | 'language' | 'tags'>>;

export interface TimelineItem {
  kind: 'conversation' | 'change' | 'created';
  at: string;
  title: string;
  conversation_id?: string | null;
  text?: string | null;
  actor_name?: string | null;
}

export interface Article {
  id: string;
  title: string;
  body: string;
  kind: 'faq' | 'document';
  category: string | null;
  url: string | null;
  language: Language;
  status: 'published' | 'draft';
  source: string | null;
  n_passages: number;
  created_at: string;
  updated_at: string;
}

export type ArticleInput = Partial<
  Pick<Article, 'title' | 'body' | 'kind' | 'category' | 'url' | 'language' | 'status'>
>;

export interface SearchHit {
  object: 'contacts' | 'articles' | 'conversations';
  id: string;
  title: string;
  snippet: string | null;
}

export interface WidgetConfig {
  name: string;
  language: Language;
  greeting: string;
  ai_notice: string;
  suggestions: string[];
  open_now: boolean;
  languages: Language[];
}
