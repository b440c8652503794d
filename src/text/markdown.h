/*
 * Documents to passages: what retrieval finds, ranks and cites. Markdown is cut at headings, then
 * at blocks (paragraph, list, table, quotation, code); within a section neighbours are joined and
 * long blocks cut so that a passage weighs about PASSAGE_MIN to PASSAGE_MAX tokens (text_weigh). A
 * sentence is cut only when it alone is longer, a code block never. Plain text is cut at empty
 * lines the same way. Front matter is skipped. A heading without text of its own below it or below
 * its children is a passage itself. Ownership: results belong to the caller. Threads: pure. Errors:
 * none, any valid UTF-8 is a document (text_clean first). Limits: time linear in the text; block
 * structure is not nested (a list in a quotation is part of the quotation). Does not render: plain
 * is for matching and reading aloud, source is what a citation shows.
 */
#pragma once

#include <glib.h>

#define PASSAGE_MIN 60
#define PASSAGE_TARGET 220 /* neighbours are joined up to here */
#define PASSAGE_MAX 350

typedef struct {
	char *heading_path; /* "Returns > Refunds": the headings above, plain; the fallback title when there is none */
	char *source;	  /* verbatim: text[start, end) */
	char *plain;	  /* without markup; a table cut in two repeats its header row here */
	gsize start, end; /* bytes of the text */
	double weight;	  /* tokens of source, about */
} Passage;

void passage_free(Passage *passage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Passage, passage_free)

/* GPtrArray of Passage *, in text order. fallback_title: the file name, say. */
GPtrArray *markdown_passages(const char *text, const char *fallback_title);
/* The same for a text without markup: plain is source with its white space joined. */
GPtrArray *plain_passages(const char *text, const char *fallback_title);
/* The first heading, plain, else a copy of fallback. */
char *markdown_title(const char *text, const char *fallback);
/* The words of a piece of Markdown: markers, link targets, HTML tags and comments gone, entities
 * decoded. */
char *markdown_plain(const char *text, gsize n_bytes);
