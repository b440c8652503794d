/* Pieces are a few bytes, and so is what waits: searching it anew with each piece costs nothing. */
#include "llm/holdback.h"

#include <string.h>

struct HoldBack {
	GPtrArray *stops;
	GString *waiting; /* raw bytes */
	GString *out;	  /* what the last call gave */
	gboolean ended;
};

HoldBack *holdback_new(const char *stops, gsize n_stops)
{
	HoldBack *holdback = g_new0(HoldBack, 1);

	holdback->stops = g_ptr_array_new_with_free_func(g_free);
	for (gsize at = 0; at < n_stops;) {
		gsize n = strnlen(stops + at, n_stops - at);

		if (n)
			g_ptr_array_add(holdback->stops, g_strndup(stops + at, n));
		at += n + 1;
	}
	holdback->waiting = g_string_new(NULL);
	holdback->out = g_string_new(NULL);
	return holdback;
}

void holdback_free(HoldBack *holdback)
{
	if (!holdback)
		return;
	g_ptr_array_unref(holdback->stops);
	g_string_free(holdback->waiting, TRUE);
	g_string_free(holdback->out, TRUE);
	g_free(holdback);
}

/* Where the first stop word begins, or the length when there is none. */
static gsize find_stop(const HoldBack *holdback)
{
	const GString *text = holdback->waiting;
	gsize first = text->len;

	for (guint i = 0; i < holdback->stops->len; i++) {
		const char *stop = g_ptr_array_index(holdback->stops, i);
		const char *at = memmem(text->str, text->len, stop, strlen(stop));

		if (at)
			first = MIN(first, (gsize)(at - text->str));
	}
	return first;
}

/* How many bytes at the end could be the beginning of a stop word. */
static gsize possible_stop(const HoldBack *holdback)
{
	const GString *text = holdback->waiting;
	gsize longest = 0;

	for (guint i = 0; i < holdback->stops->len; i++) {
		const char *stop = g_ptr_array_index(holdback->stops, i);

		for (gsize n = MIN(strlen(stop) - 1, text->len); n > longest; n--)
			if (memcmp(text->str + text->len - n, stop, n) == 0)
				longest = n;
	}
	return longest;
}

/* How many bytes at the end of the first n are a character that is not whole yet. */
static gsize partial_character(const char *text, gsize n)
{
	for (gsize back = 1; back <= MIN(n, (gsize)3); back++) {
		guchar byte = (guchar)text[n - back];
		gsize length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;

		if ((byte & 0xc0) != 0x80)
			return length > back ? back : 0;
	}
	return 0;
}

/* Moves the first n waiting bytes to what goes out. */
static void give(HoldBack *holdback, gsize n)
{
	const char *at = holdback->waiting->str, *end = at + n;

	while (at < end) {
		const char *fault;

		if (g_utf8_validate(at, end - at, &fault))
			fault = end;
		g_string_append_len(holdback->out, at, fault - at);
		at = fault;
		if (at < end) {
			g_string_append(holdback->out, "\xef\xbf\xbd");
			at++;
		}
	}
	g_string_erase(holdback->waiting, 0, (gssize)n);
}

static void end_at(HoldBack *holdback, gsize stop)
{
	give(holdback, stop);
	g_string_truncate(holdback->waiting, 0);
	holdback->ended = TRUE;
}

gboolean holdback_feed(HoldBack *holdback, const char *piece, gsize n_bytes, const char **ret_text,
		       gsize *ret_n_bytes)
{
	gsize stop, n;

	g_string_truncate(holdback->out, 0);
	if (!holdback->ended)
		g_string_append_len(holdback->waiting, piece, (gssize)n_bytes);
	stop = find_stop(holdback);
	n = holdback->waiting->len - possible_stop(holdback);
	/* one that began before it may still become whole: then that is the first */
	if (stop < holdback->waiting->len && stop <= n)
		end_at(holdback, stop);
	else if (!holdback->ended)
		give(holdback, n - partial_character(holdback->waiting->str, n));
	*ret_text = holdback->out->str;
	*ret_n_bytes = holdback->out->len;
	return holdback->ended;
}

void holdback_end(HoldBack *holdback, const char **ret_text, gsize *ret_n_bytes)
{
	gsize n = holdback->waiting->len, stop = find_stop(holdback);

	g_string_truncate(holdback->out, 0);
	end_at(holdback, stop < n ? stop : n - partial_character(holdback->waiting->str, n));
	*ret_text = holdback->out->str;
	*ret_n_bytes = holdback->out->len;
}
