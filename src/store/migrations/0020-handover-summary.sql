-- Whether a model was asked to improve the summary of the hand-over, once, and whether it had a part in it.
ALTER TABLE conversations ADD COLUMN handover_asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN handover_generated INTEGER NOT NULL DEFAULT 0;
