-- Service levels: how soon tickets are answered, who gets them, and what people are told of.
DROP INDEX tickets_queue;
ALTER TABLE tickets DROP COLUMN queue;
ALTER TABLE tickets ADD COLUMN queue_id TEXT;
ALTER TABLE tickets ADD COLUMN opened_at INTEGER;
ALTER TABLE tickets ADD COLUMN paused_at INTEGER;
ALTER TABLE tickets ADD COLUMN paused_ms INTEGER;
ALTER TABLE tickets ADD COLUMN first_response_breached_at INTEGER;
ALTER TABLE tickets ADD COLUMN resolution_breached_at INTEGER;
CREATE INDEX tickets_queue_id ON tickets (org_id, queue_id) WHERE queue_id IS NOT NULL;
-- Clocks that run: what the worker looks through.
CREATE INDEX tickets_first_response_clock ON tickets (first_response_due_at) WHERE first_response_due_at IS NOT NULL
	AND first_responded_at IS NULL AND first_response_breached_at IS NULL AND paused_at IS NULL AND deleted_at IS NULL;
CREATE INDEX tickets_resolution_clock ON tickets (resolution_due_at) WHERE resolution_due_at IS NOT NULL
	AND resolution_breached_at IS NULL AND paused_at IS NULL AND deleted_at IS NULL;

CREATE TABLE sla_policies (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	priority TEXT NOT NULL,
	first_response_minutes INTEGER,
	resolution_minutes INTEGER,
	working_hours INTEGER NOT NULL,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX sla_policies_priority ON sla_policies (org_id, priority) WHERE deleted_at IS NULL;

CREATE TABLE holidays (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	on_date TEXT NOT NULL,
	name TEXT NOT NULL,
	is_worked INTEGER NOT NULL,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX holidays_on_date ON holidays (org_id, on_date) WHERE deleted_at IS NULL;

CREATE TABLE queues (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	assign TEXT NOT NULL,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX queues_name ON queues (org_id, name) WHERE deleted_at IS NULL;

CREATE TABLE queue_members (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	queue_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	last_assigned_at INTEGER,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX queue_members_queue_id ON queue_members (org_id, queue_id, user_id) WHERE deleted_at IS NULL;

CREATE TABLE assignment_rules (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	position INTEGER NOT NULL,
	filter TEXT NOT NULL,
	queue_id TEXT,
	assignee_id TEXT,
	priority TEXT,
	active INTEGER NOT NULL,
	custom TEXT NOT NULL,
	version INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	deleted_at INTEGER,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;

ALTER TABLE tasks ADD COLUMN reminded_at INTEGER;
CREATE INDEX tasks_reminder ON tasks (remind_at) WHERE remind_at IS NOT NULL AND reminded_at IS NULL AND status = 'open'
	AND deleted_at IS NULL;

-- What one person is told: a ticket that is late, a task that is due.
CREATE TABLE notifications (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	user_id TEXT NOT NULL,
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	object TEXT NOT NULL,
	record_id TEXT NOT NULL,
	title TEXT NOT NULL,
	at INTEGER NOT NULL,
	read_at INTEGER,
	PRIMARY KEY (org_id, user_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX notifications_unread ON notifications (org_id, user_id, id) WHERE read_at IS NULL;
CREATE INDEX notifications_at ON notifications (at);
