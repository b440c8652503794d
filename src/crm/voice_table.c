/* One sheet, a row a number, so that it can be sorted and filtered: the first column says what the row is of. */
#include "crm/voice_report.h"

#include "base/error.h"
#include "text/xlsx_write.h"

static const struct {
	const char *name, *zh, *en;
} words[] = {
#define WORD(name, zh, en) {name, zh, en},
#include "crm/voice_words.def"
#undef WORD
};

typedef struct {
	XlsxWriter *xlsx;
	gboolean in_chinese;
	GError **error;
} Table;

static const char *said(const Table *table, const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_str_equal(words[i].name, name))
			return table->in_chinese ? words[i].zh : words[i].en;
	return name;
}

static gboolean put(const Table *table, const char *name)
{
	return xlsx_put_text(table->xlsx, said(table, name), table->error);
}

static gboolean put_number(const Table *table, double number)
{
	return xlsx_put_number(table->xlsx, number, table->error);
}

static gboolean put_head(const Table *table)
{
	static const char *const columns[] = {
		"section", "name", "n",	       "share",		  "n_before", "share_before",
		"change",  "p",	   "negative", "negative_before", "growth",   "score"};

	for (gsize i = 0; i < G_N_ELEMENTS(columns); i++)
		if (!put(table, columns[i]))
			return FALSE;
	xlsx_end_row(table->xlsx);
	return TRUE;
}

static gboolean put_row(const Table *table, const char *section, const char *name,
			const VoiceRow *row, const guint of[N_PARTS])
{
	return put(table, section) && put(table, name) && put_number(table, row->n[NOW]) &&
	       put_number(table, voice_share(row->n[NOW], of[NOW])) &&
	       put_number(table, row->n[BEFORE]) &&
	       put_number(table, voice_share(row->n[BEFORE], of[BEFORE])) &&
	       put(table, voice_change(row->n, of, row->p)) && put_number(table, row->p);
}

static gboolean put_negative(const Table *table, const VoiceRow *row)
{
	return put_number(table, row->negative[NOW]) && put_number(table, row->negative[BEFORE]);
}

static gboolean put_moods(const Table *table, const VoiceReport *report)
{
	VoiceRow all = {.n = {report->n[NOW], report->n[BEFORE]}, .p = 1};

	if (!put_row(table, "mood", "all", &all, report->n))
		return FALSE;
	xlsx_end_row(table->xlsx);
	for (int i = 0; i < VOICE_MOODS; i++) {
		const char *word = i == VOICE_MOODS - 1 ? "negative_mood" : voice_moods[i];

		if (!put_row(table, "mood", word, &report->moods[i], report->n))
			return FALSE;
		xlsx_end_row(table->xlsx);
	}
	if (!put_row(table, "mood", "urgent", &report->urgent, report->n))
		return FALSE;
	xlsx_end_row(table->xlsx);
	return TRUE;
}

static gboolean put_intents(const Table *table, const VoiceReport *report)
{
	for (guint i = 0; i < report->intents->len; i++) {
		const VoiceRow *row = &g_array_index(report->intents, VoiceRow, i);

		if (!put_row(table, "intent", row->word, row, report->n) ||
		    !put_negative(table, row))
			return FALSE;
		xlsx_end_row(table->xlsx);
	}
	return TRUE;
}

static gboolean put_aspects(const Table *table, const VoiceReport *report)
{
	for (guint i = 0; i < report->aspects->len; i++) {
		const VoiceRow *row = &g_array_index(report->aspects, VoiceRow, i);
		g_autofree char *name = g_strconcat("aspect_", row->word, NULL);

		if (!put_row(table, "aspect", name, row, report->n) || !put_negative(table, row))
			return FALSE;
		xlsx_end_row(table->xlsx);
	}
	return TRUE;
}

static gboolean put_topic(const Table *table, const VoiceReport *report, const char *section,
			  guint place)
{
	const VoiceTopic *topic = &g_array_index(report->topics, VoiceTopic, place);
	g_autofree char *name = g_strjoinv(" · ", topic->words);

	if (!put_row(table, section, name, &topic->row, report->n_read) ||
	    !put_negative(table, &topic->row) || !put_number(table, topic->growth) ||
	    !put_number(table, topic->score))
		return FALSE;
	xlsx_end_row(table->xlsx);
	return TRUE;
}

static gboolean put_topics(const Table *table, const VoiceReport *report)
{
	for (guint i = 0; i < report->topics->len; i++)
		if (!put_topic(table, report, "topic", i))
			return FALSE;
	for (guint i = 0; i < report->improve->len; i++)
		if (!put_topic(table, report, "improve", g_array_index(report->improve, guint, i)))
			return FALSE;
	return TRUE;
}

gboolean voice_write_table(const Voice *voice, const VoiceQuery *query, const char *language,
			   const char *path, const char *folder, GError **error)
{
	g_autoptr(Db) db = db_begin_read(voice->store, error);
	g_autoptr(VoiceReport) report = db ? voice_report_new(voice, db, query, error) : NULL;
	g_autoptr(XlsxWriter) xlsx = report ? xlsx_writer_new(path, folder, error) : NULL;
	Table table = {xlsx, g_str_equal(language, "zh"), error};

	return xlsx && put_head(&table) && put_moods(&table, report) &&
	       put_aspects(&table, report) && put_intents(&table, report) &&
	       put_topics(&table, report) && xlsx_finish(xlsx, error);
}
