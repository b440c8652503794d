-- The words that search knows, Han text aside: for words inside words ("mith" finds Smith) and small slips.
CREATE TABLE search_words (
	id INTEGER PRIMARY KEY,
	org_id TEXT NOT NULL,
	word TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX search_words_word ON search_words (org_id, word);
CREATE VIRTUAL TABLE search_grams USING fts5 (word, content='', contentless_delete=1, detail='none', tokenize='trigram');
