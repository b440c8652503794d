-- What each person sees of the records: saved views of lists, what was opened lately, what is kept at hand.

CREATE TABLE views (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	object TEXT NOT NULL,
	name TEXT NOT NULL,
	user_id TEXT NOT NULL,
	shared INTEGER NOT NULL,
	filter TEXT NOT NULL,
	order_by TEXT NOT NULL,
	columns TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX views_user_id ON views (org_id, user_id);

CREATE TABLE record_marks (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	user_id TEXT NOT NULL,
	object TEXT NOT NULL,
	record_id TEXT NOT NULL,
	opened_at INTEGER,
	starred_at INTEGER,
	PRIMARY KEY (org_id, user_id, object, record_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_marks_opened_at ON record_marks (org_id, user_id, opened_at) WHERE opened_at IS NOT NULL;
