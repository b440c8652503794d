/* For judge.py: what the judge that comes with the program, without corrections, says of texts. Reads JSON texts, one a
 * line, from standard input; writes {"mood", "strength", "intent", "urgent", "probabilities of both"} a line. */
#include <stdio.h>

#include "app/assets.h"
#include "base/json.h"
#include "nlu/judge.h"

static gboolean put_judged(const Judge *judge, const char *line, gsize n_bytes, GError **error)
{
	g_autoptr(json_t) row = json_parse(line, n_bytes, error);
	const char *text = json_member_string(row, "text");
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	JudgedMessage judged;

	if (!text)
		return FALSE;
	judge_message(judge, text, &judged);
	json_object_begin(&w, NULL);
	json_put_string(&w, "mood", judged.mood);
	json_put_double(&w, "mood_probability", judged.mood_probability);
	json_put_double(&w, "strength", judged.strength);
	json_put_string(&w, "intent", judged.intent);
	json_put_double(&w, "intent_probability", judged.intent_probability);
	json_put_bool(&w, "urgent", judged.urgent);
	json_object_end(&w);
	puts(out->str);
	return TRUE;
}

int main(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Judge) judge = NULL;
	g_autofree char *line = NULL;
	size_t n_room = 0;
	ssize_t n_read;

	asset_register(embedded_assets, n_embedded_assets);
	judge = judge_new(NULL, NULL, &error);
	while (judge && !error && (n_read = getline(&line, &n_room, stdin)) > 0)
		if (!put_judged(judge, line, (gsize)n_read, &error))
			break;
	if (judge && !error)
		return 0;
	fprintf(stderr, "judge-texts: %s\n", error ? error->message : "a line without a text");
	return 1;
}
