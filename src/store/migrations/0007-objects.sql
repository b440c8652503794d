-- The record engine: a table per declared object, one for what administrators invent, and what both need.
-- Every object table has org_id, id, version, created_at, updated_at, deleted_at beside its fields; a field that is
-- INDEXED in crm/objects.c has the index TABLE_FIELD. Money is thousandths of the unit of the row's currency; times are milliseconds.

ALTER TABLE organisations ADD COLUMN schema_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contacts ADD COLUMN address TEXT;
CREATE INDEX contacts_name ON contacts (org_id, name);
CREATE INDEX contacts_company_id ON contacts (org_id, company_id) WHERE company_id IS NOT NULL;
CREATE INDEX contacts_source ON contacts (org_id, source) WHERE source IS NOT NULL;
CREATE INDEX contacts_owner_id ON contacts (org_id, owner_id) WHERE owner_id IS NOT NULL;
ALTER TABLE articles ADD COLUMN custom TEXT NOT NULL DEFAULT '{}';

CREATE TABLE companies (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	domain TEXT,
	industry TEXT,
	phone TEXT,
	website TEXT,
	n_employees INTEGER,
	revenue INTEGER,
	currency TEXT NOT NULL,
	founded INTEGER,
	address TEXT,
	parent_id TEXT,
	source TEXT,
	tags TEXT NOT NULL,
	owner_id TEXT,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX companies_name ON companies (org_id, name);
CREATE INDEX companies_domain ON companies (org_id, domain) WHERE domain IS NOT NULL;
CREATE INDEX companies_industry ON companies (org_id, industry) WHERE industry IS NOT NULL;
CREATE INDEX companies_parent_id ON companies (org_id, parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX companies_owner_id ON companies (org_id, owner_id) WHERE owner_id IS NOT NULL;

CREATE TABLE leads (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	email TEXT,
	phone TEXT,
	company_name TEXT,
	title TEXT,
	language TEXT,
	source TEXT,
	status TEXT NOT NULL,
	score REAL,
	description TEXT,
	contact_id TEXT,
	company_id TEXT,
	deal_id TEXT,
	converted_at INTEGER,
	tags TEXT NOT NULL,
	owner_id TEXT,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX leads_name ON leads (org_id, name);
CREATE INDEX leads_email ON leads (org_id, email) WHERE email IS NOT NULL;
CREATE INDEX leads_phone ON leads (org_id, phone) WHERE phone IS NOT NULL;
CREATE INDEX leads_source ON leads (org_id, source) WHERE source IS NOT NULL;
CREATE INDEX leads_status ON leads (org_id, status);
CREATE INDEX leads_owner_id ON leads (org_id, owner_id) WHERE owner_id IS NOT NULL;

CREATE TABLE pipelines (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	position INTEGER NOT NULL,
	is_default INTEGER NOT NULL,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX pipelines_name ON pipelines (org_id, name) WHERE deleted_at IS NULL;

CREATE TABLE stages (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	pipeline_id TEXT NOT NULL,
	name TEXT NOT NULL,
	position INTEGER NOT NULL,
	kind TEXT NOT NULL,
	probability REAL NOT NULL,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX stages_pipeline_id ON stages (org_id, pipeline_id);

CREATE TABLE deals (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	contact_id TEXT,
	company_id TEXT,
	pipeline_id TEXT,
	stage_id TEXT,
	amount INTEGER,
	currency TEXT NOT NULL,
	probability REAL,
	expected_close_on TEXT,
	status TEXT NOT NULL,
	stage_changed_at INTEGER,
	closed_at INTEGER,
	lost_reason TEXT,
	source TEXT,
	items TEXT NOT NULL,
	tags TEXT NOT NULL,
	owner_id TEXT,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deals_name ON deals (org_id, name);
CREATE INDEX deals_contact_id ON deals (org_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX deals_company_id ON deals (org_id, company_id) WHERE company_id IS NOT NULL;
CREATE INDEX deals_pipeline_id ON deals (org_id, pipeline_id);
CREATE INDEX deals_stage_id ON deals (org_id, stage_id);
CREATE INDEX deals_amount ON deals (org_id, amount);
CREATE INDEX deals_expected_close_on ON deals (org_id, expected_close_on);
CREATE INDEX deals_status ON deals (org_id, status);
CREATE INDEX deals_closed_at ON deals (org_id, closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX deals_owner_id ON deals (org_id, owner_id) WHERE owner_id IS NOT NULL;

-- Which deal stood in which stage from when: for conversion rates and the forecast's past.
CREATE TABLE deal_stages (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	org_id TEXT NOT NULL,
	deal_id TEXT NOT NULL,
	stage_id TEXT NOT NULL,
	at INTEGER NOT NULL
) STRICT;
CREATE INDEX deal_stages_deal ON deal_stages (org_id, deal_id, seq);

CREATE TABLE tickets (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	number INTEGER,
	subject TEXT NOT NULL,
	description TEXT,
	contact_id TEXT,
	company_id TEXT,
	conversation_id TEXT,
	status TEXT NOT NULL,
	priority TEXT NOT NULL,
	category TEXT,
	queue TEXT,
	channel TEXT,
	first_response_due_at INTEGER,
	resolution_due_at INTEGER,
	first_responded_at INTEGER,
	resolved_at INTEGER,
	tags TEXT NOT NULL,
	owner_id TEXT,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tickets_number ON tickets (org_id, number);
CREATE INDEX tickets_contact_id ON tickets (org_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX tickets_company_id ON tickets (org_id, company_id) WHERE company_id IS NOT NULL;
CREATE INDEX tickets_conversation_id ON tickets (org_id, conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX tickets_status ON tickets (org_id, status);
CREATE INDEX tickets_priority ON tickets (org_id, priority);
CREATE INDEX tickets_category ON tickets (org_id, category) WHERE category IS NOT NULL;
CREATE INDEX tickets_queue ON tickets (org_id, queue) WHERE queue IS NOT NULL;
CREATE INDEX tickets_first_response_due_at ON tickets (org_id, first_response_due_at) WHERE first_response_due_at IS NOT NULL;
CREATE INDEX tickets_resolution_due_at ON tickets (org_id, resolution_due_at) WHERE resolution_due_at IS NOT NULL;
CREATE INDEX tickets_resolved_at ON tickets (org_id, resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX tickets_owner_id ON tickets (org_id, owner_id) WHERE owner_id IS NOT NULL;

CREATE TABLE products (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	sku TEXT,
	category TEXT,
	price INTEGER,
	currency TEXT NOT NULL,
	description TEXT,
	url TEXT,
	image_url TEXT,
	active INTEGER NOT NULL,
	tags TEXT NOT NULL,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX products_name ON products (org_id, name);
CREATE UNIQUE INDEX products_sku ON products (org_id, sku) WHERE sku IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX products_category ON products (org_id, category) WHERE category IS NOT NULL;

CREATE TABLE orders (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	number TEXT,
	contact_id TEXT,
	company_id TEXT,
	deal_id TEXT,
	placed_at INTEGER,
	status TEXT NOT NULL,
	currency TEXT NOT NULL,
	items TEXT NOT NULL,
	total INTEGER,
	channel TEXT,
	country TEXT,
	address TEXT,
	tags TEXT NOT NULL,
	owner_id TEXT,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX orders_number ON orders (org_id, number) WHERE number IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX orders_contact_id ON orders (org_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX orders_company_id ON orders (org_id, company_id) WHERE company_id IS NOT NULL;
CREATE INDEX orders_deal_id ON orders (org_id, deal_id) WHERE deal_id IS NOT NULL;
CREATE INDEX orders_placed_at ON orders (org_id, placed_at);
CREATE INDEX orders_status ON orders (org_id, status);
CREATE INDEX orders_total ON orders (org_id, total);
CREATE INDEX orders_owner_id ON orders (org_id, owner_id) WHERE owner_id IS NOT NULL;

-- Views, clicks, purchases and anything else that happens; by the million, so no more than needed.
CREATE TABLE events (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	event_id TEXT,
	contact_id TEXT,
	type TEXT NOT NULL,
	at INTEGER NOT NULL,
	product_id TEXT,
	properties TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX events_event_id ON events (org_id, event_id) WHERE event_id IS NOT NULL;
CREATE INDEX events_contact_id ON events (org_id, contact_id, at) WHERE contact_id IS NOT NULL;
CREATE INDEX events_type ON events (org_id, type, at);
CREATE INDEX events_at ON events (org_id, at);

CREATE TABLE tasks (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	title TEXT NOT NULL,
	description TEXT,
	status TEXT NOT NULL,
	priority TEXT NOT NULL,
	due_at INTEGER,
	remind_at INTEGER,
	done_at INTEGER,
	contact_id TEXT,
	company_id TEXT,
	deal_id TEXT,
	ticket_id TEXT,
	owner_id TEXT,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_status ON tasks (org_id, status);
CREATE INDEX tasks_priority ON tasks (org_id, priority);
CREATE INDEX tasks_due_at ON tasks (org_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX tasks_remind_at ON tasks (org_id, remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX tasks_contact_id ON tasks (org_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX tasks_company_id ON tasks (org_id, company_id) WHERE company_id IS NOT NULL;
CREATE INDEX tasks_deal_id ON tasks (org_id, deal_id) WHERE deal_id IS NOT NULL;
CREATE INDEX tasks_ticket_id ON tasks (org_id, ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX tasks_owner_id ON tasks (org_id, owner_id) WHERE owner_id IS NOT NULL;

CREATE TABLE activities (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	subject TEXT NOT NULL,
	description TEXT,
	starts_at INTEGER,
	ends_at INTEGER,
	outcome TEXT,
	contact_id TEXT,
	company_id TEXT,
	deal_id TEXT,
	ticket_id TEXT,
	owner_id TEXT,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX activities_kind ON activities (org_id, kind);
CREATE INDEX activities_starts_at ON activities (org_id, starts_at) WHERE starts_at IS NOT NULL;
CREATE INDEX activities_contact_id ON activities (org_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX activities_company_id ON activities (org_id, company_id) WHERE company_id IS NOT NULL;
CREATE INDEX activities_deal_id ON activities (org_id, deal_id) WHERE deal_id IS NOT NULL;
CREATE INDEX activities_ticket_id ON activities (org_id, ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX activities_owner_id ON activities (org_id, owner_id) WHERE owner_id IS NOT NULL;

CREATE TABLE notes (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	body TEXT NOT NULL,
	contact_id TEXT,
	company_id TEXT,
	deal_id TEXT,
	ticket_id TEXT,
	owner_id TEXT,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notes_contact_id ON notes (org_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX notes_company_id ON notes (org_id, company_id) WHERE company_id IS NOT NULL;
CREATE INDEX notes_deal_id ON notes (org_id, deal_id) WHERE deal_id IS NOT NULL;
CREATE INDEX notes_ticket_id ON notes (org_id, ticket_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX notes_owner_id ON notes (org_id, owner_id) WHERE owner_id IS NOT NULL;

-- What administrators declare at run time; see crm/schema.h.
CREATE TABLE custom_objects (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	plural TEXT NOT NULL,
	name TEXT NOT NULL,
	label_zh TEXT NOT NULL,
	label_en TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	removed_at INTEGER,
	PRIMARY KEY (org_id, plural)
) STRICT, WITHOUT ROWID;

CREATE TABLE custom_fields (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	object TEXT NOT NULL,
	name TEXT NOT NULL,
	type TEXT NOT NULL,
	flags INTEGER NOT NULL,
	max_chars INTEGER NOT NULL,
	label_zh TEXT NOT NULL,
	label_en TEXT NOT NULL,
	personal INTEGER NOT NULL,
	choices TEXT,
	default_value TEXT,
	target TEXT,
	position INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	removed_at INTEGER,
	PRIMARY KEY (org_id, object, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE custom_records (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	object TEXT NOT NULL,
	id TEXT NOT NULL,
	owner_id TEXT,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, object, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX custom_records_owner_id ON custom_records (org_id, object, owner_id) WHERE owner_id IS NOT NULL;

-- Indexed values that have no column of their own: tags, choices of several, fields of administrators.
CREATE TABLE field_index (
	org_id TEXT NOT NULL,
	object TEXT NOT NULL,
	field TEXT NOT NULL,
	key TEXT NOT NULL,
	record_id TEXT NOT NULL,
	PRIMARY KEY (org_id, object, field, key, record_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX field_index_record ON field_index (org_id, object, record_id);
