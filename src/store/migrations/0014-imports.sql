-- Imports: what was taken in, how far it is, and for each record that it wrote what undoes it.

CREATE TABLE imports (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	object TEXT NOT NULL,
	state TEXT NOT NULL CHECK (state IN ('ready', 'queued', 'running', 'done', 'failed', 'reverting', 'reverted')),
	file_name TEXT NOT NULL,
	file_hash TEXT NOT NULL,
	format TEXT NOT NULL,
	options TEXT NOT NULL,
	actor_kind TEXT NOT NULL,
	actor_id TEXT,
	n_rows INTEGER NOT NULL,
	position INTEGER NOT NULL DEFAULT 0,
	n_created INTEGER NOT NULL DEFAULT 0,
	n_updated INTEGER NOT NULL DEFAULT 0,
	n_skipped INTEGER NOT NULL DEFAULT 0,
	n_failed INTEGER NOT NULL DEFAULT 0,
	n_related INTEGER NOT NULL DEFAULT 0,
	n_reverted INTEGER NOT NULL DEFAULT 0,
	n_kept INTEGER NOT NULL DEFAULT 0,
	trouble TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX imports_id ON imports (org_id, id);
CREATE INDEX imports_file ON imports (file_hash);

-- version: of the record as the import left it; before: values that an update replaced, NULL for a new record.
CREATE TABLE import_rows (
	import_seq INTEGER NOT NULL REFERENCES imports (seq),
	n INTEGER NOT NULL,
	object TEXT,
	record_id TEXT NOT NULL,
	version INTEGER NOT NULL,
	before TEXT,
	kept TEXT,
	group_key TEXT,
	PRIMARY KEY (import_seq, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_rows_group ON import_rows (import_seq, group_key) WHERE group_key IS NOT NULL;

-- References to records of the same table that had not come yet: looked up again at its end.
CREATE TABLE import_later (
	import_seq INTEGER NOT NULL REFERENCES imports (seq),
	record_id TEXT NOT NULL,
	column_name TEXT NOT NULL,
	line INTEGER NOT NULL,
	text TEXT NOT NULL,
	PRIMARY KEY (import_seq, record_id, column_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE import_faults (
	import_seq INTEGER NOT NULL REFERENCES imports (seq),
	n INTEGER NOT NULL,
	line INTEGER NOT NULL,
	column_name TEXT,
	message TEXT NOT NULL,
	PRIMARY KEY (import_seq, n)
) STRICT, WITHOUT ROWID;

-- Names that are found however they are spelt have a key from now on; this is theirs until they change.
INSERT INTO field_index (org_id, object, field, key, record_id)
SELECT org_id, 'companies', 'name', substr(lower(replace(name, ' ', '')), 1, 64), id FROM companies
UNION ALL
SELECT org_id, 'products', 'name', substr(lower(replace(name, ' ', '')), 1, 64), id FROM products;
