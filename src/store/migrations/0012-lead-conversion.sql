-- Leads that become customers: what belongs to a lead, and what each conversion did, so that it can be undone.
-- steps: JSON list of {"object","id","version"} for a record that was made, {"object","id","fields"} for one that was completed.
ALTER TABLE leads ADD COLUMN conversation_id TEXT;
ALTER TABLE tasks ADD COLUMN lead_id TEXT;
ALTER TABLE activities ADD COLUMN lead_id TEXT;
ALTER TABLE notes ADD COLUMN lead_id TEXT;
CREATE INDEX leads_conversation_id ON leads (org_id, conversation_id) WHERE conversation_id IS NOT NULL;
CREATE INDEX tasks_lead_id ON tasks (org_id, lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX activities_lead_id ON activities (org_id, lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX notes_lead_id ON notes (org_id, lead_id) WHERE lead_id IS NOT NULL;

CREATE TABLE lead_conversions (
	org_id TEXT NOT NULL REFERENCES organisations (id),
	lead_id TEXT NOT NULL,
	status TEXT NOT NULL,
	steps TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (org_id, lead_id)
) STRICT, WITHOUT ROWID;
