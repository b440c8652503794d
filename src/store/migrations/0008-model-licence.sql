-- When an administrator accepted the licence of a model file; NULL: nobody has yet.
ALTER TABLE models ADD COLUMN accepted_at INTEGER;
