-- Roles of an organisation's own, teams, and what people need to come in: invitations, second factor, sessions they can look through.
-- Whether a role allows something is kept in memory under access_version, which changes with every change of roles, teams and users.
ALTER TABLE organisations ADD COLUMN access_version INTEGER NOT NULL DEFAULT 0;

CREATE TABLE roles (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	name TEXT NOT NULL,
	label_zh TEXT NOT NULL,
	label_en TEXT NOT NULL,
	rights TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, name)
) STRICT, WITHOUT ROWID;

-- A role is any role's name from now on.
ALTER TABLE users ADD COLUMN role_name TEXT NOT NULL DEFAULT 'agent';
UPDATE users SET role_name = role;
ALTER TABLE users DROP COLUMN role;
ALTER TABLE users RENAME COLUMN role_name TO role;

-- The secret of the second factor (NULL: none), the last step that was used, and one that is not confirmed yet.
ALTER TABLE users ADD COLUMN totp_secret TEXT;
ALTER TABLE users ADD COLUMN totp_pending TEXT;
ALTER TABLE users ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;

CREATE TABLE recovery_codes (
	org_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	code_hash TEXT NOT NULL,
	PRIMARY KEY (org_id, user_id, code_hash),
	FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
) STRICT, WITHOUT ROWID;

-- Links that set a password: of an invitation or a reset; used once.
CREATE TABLE user_links (
	token_hash TEXT PRIMARY KEY,
	org_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	kind TEXT NOT NULL CHECK (kind IN ('invitation', 'reset')),
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX user_links_user ON user_links (org_id, user_id);

ALTER TABLE sessions ADD COLUMN id TEXT;
ALTER TABLE sessions ADD COLUMN address TEXT;
ALTER TABLE sessions ADD COLUMN agent TEXT;

CREATE TABLE teams (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	id TEXT NOT NULL,
	name TEXT NOT NULL,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	PRIMARY KEY (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX teams_name ON teams (org_id, name);

CREATE TABLE team_members (
	org_id TEXT NOT NULL,
	team_id TEXT NOT NULL,
	user_id TEXT NOT NULL,
	PRIMARY KEY (org_id, team_id, user_id),
	FOREIGN KEY (org_id, team_id) REFERENCES teams (org_id, id),
	FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_user ON team_members (org_id, user_id);

ALTER TABLE api_keys ADD COLUMN role TEXT;

-- Details of audit rows can be erased without breaking the chain: where digest is set, the hash covers it instead of them, and it is
-- SHA-256 (salt, reason, detail). An erased row keeps the digest alone. audit_anchor knows the chain's length and end, so that a tail
-- that was cut off is missed.
ALTER TABLE audit ADD COLUMN request_id TEXT;
ALTER TABLE audit ADD COLUMN reason TEXT;
ALTER TABLE audit ADD COLUMN salt TEXT;
ALTER TABLE audit ADD COLUMN digest TEXT;
CREATE INDEX audit_actor ON audit (org_id, actor_id, seq) WHERE actor_id <> '';
CREATE TABLE audit_anchor (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	n_rows INTEGER NOT NULL,
	hash TEXT NOT NULL
) STRICT;
INSERT INTO audit_anchor (id, n_rows, hash) VALUES (1, (SELECT count(*) FROM audit), coalesce ((SELECT hash FROM audit ORDER BY seq DESC LIMIT 1), '0000000000000000000000000000000000000000000000000000000000000000'));
