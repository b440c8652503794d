-- The full-text index gathers 8 MB of terms before it writes them out, and merges eight pieces of itself instead of four: an import
-- writes each term fewer times.
INSERT INTO search_text (search_text, rank) VALUES ('hashsize', 8388608);
INSERT INTO search_text (search_text, rank) VALUES ('automerge', 8);
