-- Pieces of words are terms of the full-text index itself, which also lists its words. Texts that are there are put in anew by
-- the worker (crm/search_renewal.h), newest first: documents up to this one are still to come.
DROP TABLE search_grams;
DROP TABLE search_words;
CREATE VIRTUAL TABLE search_terms USING fts5vocab (search_text, row);
CREATE TABLE search_renewal (
	document INTEGER NOT NULL
) STRICT;
INSERT INTO search_renewal (document) SELECT max(id) FROM search_documents HAVING max(id) > 0;
