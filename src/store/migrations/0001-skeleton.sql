-- The walking skeleton. Every row belongs to an organisation; org_id leads every key.
-- Times are milliseconds since 1970 UTC; ids are UUIDv7 in their 36-character form; lists and objects are JSON text.

CREATE TABLE organisations (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	language TEXT NOT NULL,
	time_zone TEXT NOT NULL,
	working_hours TEXT NOT NULL,
	knowledge_version INTEGER NOT NULL DEFAULT 0,
	is_demo INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE users (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	email TEXT NOT NULL,
	role TEXT NOT NULL CHECK (role IN ('admin', 'agent')),
	language TEXT NOT NULL,
	password_hash TEXT NOT NULL,
	active INTEGER NOT NULL DEFAULT 1,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_email ON users (email);

CREATE TABLE sessions (
	token_hash TEXT PRIMARY KEY,
	org_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	seen_at INTEGER NOT NULL,
	FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_user ON sessions (org_id, user_id);

CREATE TABLE api_keys (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	key_hash TEXT NOT NULL,
	scopes TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	revoked_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX api_keys_hash ON api_keys (key_hash);

CREATE TABLE contacts (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	name TEXT,
	email TEXT,
	phone TEXT,
	company_id TEXT,
	title TEXT,
	language TEXT,
	source TEXT,
	tags TEXT NOT NULL DEFAULT '[]',
	owner_id TEXT,
	custom TEXT NOT NULL DEFAULT '{}',
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX contacts_email ON contacts (org_id, email) WHERE email IS NOT NULL;
CREATE INDEX contacts_phone ON contacts (org_id, phone) WHERE phone IS NOT NULL;

CREATE TABLE articles (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	title TEXT NOT NULL,
	body TEXT NOT NULL,
	kind TEXT NOT NULL,
	category TEXT,
	url TEXT,
	language TEXT NOT NULL,
	status TEXT NOT NULL,
	source TEXT,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX articles_title ON articles (org_id, title);

-- What retrieval searches: an FAQ entry is one passage, a document several. vector is float32 x 384, unit length.
CREATE TABLE passages (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	org_id TEXT NOT NULL,
	article_id TEXT NOT NULL,
	ordinal INTEGER NOT NULL,
	heading TEXT,
	body TEXT NOT NULL,
	language TEXT NOT NULL,
	vector BLOB,
	FOREIGN KEY (org_id, article_id) REFERENCES articles (org_id, id)
) STRICT;
CREATE INDEX passages_article ON passages (org_id, article_id, ordinal);
CREATE INDEX passages_unencoded ON passages (id) WHERE vector IS NULL;

CREATE TABLE conversations (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	channel TEXT NOT NULL,
	language TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('open', 'pending', 'handed_over', 'resolved')),
	owner TEXT NOT NULL CHECK (owner IN ('bot', 'queue', 'person')),
	owner_id TEXT,
	contact_id TEXT,
	handover_reason TEXT,
	handover_summary TEXT,
	waiting_since INTEGER,
	n_messages INTEGER NOT NULL DEFAULT 0,
	n_misses INTEGER NOT NULL DEFAULT 0,
	last_role TEXT,
	last_text TEXT,
	last_at INTEGER,
	page_url TEXT,
	token_hash TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_recent ON conversations (org_id, updated_at, id);
CREATE INDEX conversations_owner ON conversations (org_id, owner, owner_id, updated_at, id);
CREATE INDEX conversations_contact ON conversations (org_id, contact_id, updated_at) WHERE contact_id IS NOT NULL;
CREATE INDEX conversations_unanswered ON conversations (owner, last_role, updated_at) WHERE last_role = 'customer';
CREATE UNIQUE INDEX conversations_token ON conversations (token_hash) WHERE token_hash IS NOT NULL;

-- Append-only: the triggers below refuse any change of what was said.
CREATE TABLE messages (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	org_id TEXT NOT NULL,
	conversation_id TEXT NOT NULL,
	id TEXT NOT NULL,
	role TEXT NOT NULL CHECK (role IN ('customer', 'agent', 'bot', 'system')),
	author_id TEXT,
	author_name TEXT,
	body TEXT NOT NULL,
	ai_generated INTEGER NOT NULL,
	path TEXT,
	citations TEXT NOT NULL DEFAULT '[]',
	at INTEGER NOT NULL,
	FOREIGN KEY (org_id, conversation_id) REFERENCES conversations (org_id, id)
) STRICT;
CREATE INDEX messages_conversation ON messages (org_id, conversation_id, seq);
CREATE TRIGGER messages_no_update BEFORE UPDATE ON messages BEGIN SELECT RAISE (ABORT, 'messages are append-only'); END;

-- What event streams send and resume from: data is the JSON as it was sent. Swept by age.
CREATE TABLE conversation_events (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	org_id TEXT NOT NULL,
	conversation_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	data TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX conversation_events_conversation ON conversation_events (org_id, conversation_id, seq);

-- Who did what, in the transaction of the deed; hash = SHA-256 (hash of the row before, this row), see crm/audit.h.
CREATE TABLE audit (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	org_id TEXT NOT NULL,
	at INTEGER NOT NULL,
	actor_kind TEXT NOT NULL,
	actor_id TEXT,
	action TEXT NOT NULL,
	object TEXT NOT NULL,
	record_id TEXT NOT NULL,
	detail TEXT NOT NULL,
	hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_record ON audit (org_id, object, record_id, seq);

-- Answers of POST requests by their Idempotency-Key, written with the effect itself; kept 24 hours.
CREATE TABLE idempotency (
	org_id TEXT NOT NULL,
	principal TEXT NOT NULL,
	idempotency_key TEXT NOT NULL,
	request_hash TEXT NOT NULL,
	status INTEGER NOT NULL,
	body TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, principal, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (created_at);

-- Full text over every searchable record; the FTS table holds tokens only, this one says whose they are.
CREATE TABLE search_documents (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	org_id TEXT NOT NULL,
	object TEXT NOT NULL,
	record_id TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX search_documents_record ON search_documents (object, record_id);
CREATE VIRTUAL TABLE search_text USING fts5 (body, content='', contentless_delete=1, tokenize='zhiyin');

CREATE TABLE jobs (
	id TEXT PRIMARY KEY,
	org_id TEXT NOT NULL,
	kind TEXT NOT NULL,
	payload TEXT NOT NULL,
	unique_key TEXT,
	state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
	attempts INTEGER NOT NULL DEFAULT 0,
	run_at INTEGER NOT NULL,
	locked_until INTEGER,
	trouble TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_due ON jobs (state, run_at);
CREATE UNIQUE INDEX jobs_unique ON jobs (unique_key) WHERE unique_key IS NOT NULL AND state IN ('queued', 'running');

CREATE TABLE models (
	sha256 TEXT PRIMARY KEY,
	name TEXT NOT NULL,
	kind TEXT NOT NULL,
	path TEXT NOT NULL,
	n_bytes INTEGER NOT NULL,
	licence TEXT NOT NULL,
	added_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
