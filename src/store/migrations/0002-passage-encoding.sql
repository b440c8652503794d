-- Which weights a passage's vector was made with: vectors of others say nothing to each other, so they are made anew.
ALTER TABLE passages ADD COLUMN encoding TEXT;
UPDATE passages SET vector = NULL;
CREATE INDEX passages_encoding ON passages (encoding) WHERE vector IS NOT NULL;
