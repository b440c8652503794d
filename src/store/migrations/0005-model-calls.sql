-- What a generating model was asked, how it ended and what it cost: one row a call, never its words. Swept by age.
CREATE TABLE model_calls (
	seq INTEGER PRIMARY KEY AUTOINCREMENT,
	org_id TEXT NOT NULL,
	id TEXT NOT NULL,
	at INTEGER NOT NULL,
	session TEXT,
	task TEXT NOT NULL,
	version INTEGER NOT NULL,
	language TEXT,
	provider TEXT NOT NULL,
	model TEXT,
	model_sha256 TEXT,
	prompt_sha256 TEXT,
	outcome TEXT NOT NULL,
	fault TEXT NOT NULL,
	prompt_tokens INTEGER NOT NULL,
	cached_tokens INTEGER NOT NULL,
	completion_tokens INTEGER NOT NULL,
	queue_ms REAL NOT NULL,
	first_ms REAL NOT NULL,
	total_ms REAL NOT NULL
) STRICT;
CREATE INDEX model_calls_at ON model_calls (org_id, at);
