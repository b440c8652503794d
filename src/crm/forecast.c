/* Sums are the database's; one statement a question. */
#include "crm/forecast.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "crm/fields.h"
#include "crm/records.h"

enum { DATE_LENGTH = 10 };

static const struct {
	const char *by, *key, *name;
} groups[] = {
	{"month", "substr(d.expected_close_on, 1, 7)", "substr(d.expected_close_on, 1, 7)"},
	{"owner", "d.owner_id",
	 "(SELECT u.name FROM users u WHERE u.org_id = d.org_id AND u.id = d.owner_id)"},
	{"stage", "d.stage_id",
	 "(SELECT s.name FROM stages s WHERE s.org_id = d.org_id AND s.id = d.stage_id)"},
};

#define OPEN " FILTER (WHERE d.status = 'open')"
#define WON " FILTER (WHERE d.status = 'won')"
#define LOST " FILTER (WHERE d.status = 'lost')"
#define WEIGHTED "CAST(round(d.amount * d.probability) AS BIGINT)"
#define FORECAST                                                                                   \
	"SELECT %s, %s, d.currency, count(*)" OPEN ", sum(d.amount)" OPEN ", sum(" WEIGHTED        \
	")" OPEN ", count(*)" WON ", sum(d.amount)" WON ", count(*)" LOST ", sum(d.amount)" LOST   \
	" FROM deals d WHERE d.org_id = $1 AND CAST ($2 AS TEXT) IS NOT NULL AND d.pipeline_id = " \
	"$3 AND (CAST ($4 AS TEXT) IS NULL OR d.expected_close_on >= $4) AND (CAST ($5 AS TEXT) "  \
	"IS NULL OR d.expected_close_on <= $5) AND d.deleted_at IS NULL AND %s GROUP BY 1, 2, 3 "  \
	"ORDER BY 1, 3"

/* Whether the principal reads the record, and may know the field of deals that the answer tells of. */
static gboolean may_know(Db *db, const Principal *principal, const Object *object, const char *id,
			 const char *field, GError **error)
{
	g_autoptr(json_t) record = record_read(db, principal, object, id, NULL, error);

	if (!record || !access_may(principal, &OBJECT_DEAL, ACCESS_READ, error))
		return FALSE;
	if (access_field(principal, &OBJECT_DEAL, field) != FIELD_HIDDEN)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN,
		    "this needs the right to read the field %s of deals", field);
	return FALSE;
}

static gboolean is_date(const char *text, GError **error)
{
	g_autofree char *midnight = text ? g_strconcat(text, "T00:00:00Z", NULL) : NULL;
	gint64 ms;

	if (!text || (strlen(text) == DATE_LENGTH && clock_parse(midnight, &ms)))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "from and to must be dates such as 2026-11-01");
	return FALSE;
}

static void put_money(JsonWriter *w, const char *key, gint64 thousandths)
{
	g_autofree char *text = money_format(thousandths);

	json_put_raw(w, key, text);
}

static void put_sums(JsonWriter *w, DbRows *rows)
{
	static const char *const counts[] = {"open", "won", "lost"};
	static const int columns[] = {3, 6, 8};

	json_object_begin(w, NULL);
	json_put_string(w, "key", db_text(rows, 0));
	json_put_string(w, "name", db_text(rows, 1));
	json_put_string(w, "currency", db_text(rows, 2));
	for (gsize i = 0; i < G_N_ELEMENTS(counts); i++)
		json_put_int(w, counts[i], db_int(rows, columns[i]));
	put_money(w, "amount", db_int(rows, 4));
	put_money(w, "weighted_amount", db_int(rows, 5));
	put_money(w, "won_amount", db_int(rows, 7));
	put_money(w, "lost_amount", db_int(rows, 9));
	json_object_end(w);
}

static void put_stage(JsonWriter *w, DbRows *rows)
{
	gint64 entered = db_int(rows, 3), went_on = db_int(rows, 4);

	json_object_begin(w, NULL);
	json_put_string(w, "stage_id", db_text(rows, 0));
	json_put_string(w, "name", db_text(rows, 1));
	json_put_string(w, "kind", db_text(rows, 2));
	json_put_int(w, "entered", entered);
	json_put_int(w, "went_on", went_on);
	json_put_double(w, "rate", entered ? (double)went_on / (double)entered : 0);
	if (db_is_null(rows, 5))
		json_put_null(w, "mean_ms");
	else
		json_put_int(w, "mean_ms", db_int(rows, 5));
	json_object_end(w);
}

static void put_stay(JsonWriter *w, DbRows *rows)
{
	json_object_begin(w, NULL);
	json_put_string(w, "stage_id", db_text(rows, 0));
	json_put_string(w, "name", db_text(rows, 1));
	json_put_time(w, "entered_at", db_int(rows, 2));
	json_put_time(w, "left_at", db_int(rows, 3));
	json_object_end(w);
}

static gboolean put_items(DbRows *rows, void (*put)(JsonWriter *w, DbRows *rows), GString *out,
			  GError **error)
{
	JsonWriter w = json_writer(out);
	g_autoptr(GError) failed = NULL;

	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (db_next(rows, &failed))
		put(&w, rows);
	json_array_end(&w);
	json_object_end(&w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static char *reachable(const Principal *principal)
{
	char *where = access_where(principal, &OBJECT_DEAL, ACCESS_READ, "d");

	return where ? where : g_strdup("1 = 1");
}

gboolean forecast_write(Db *db, const Principal *principal, const char *pipeline_id,
			const char *from, const char *to, const char *by, GString *out,
			GError **error)
{
	g_autofree char *where = reachable(principal);
	g_autofree char *sql = NULL;
	g_autoptr(DbRows) rows = NULL;

	if (!is_date(from, error) || !is_date(to, error) ||
	    !may_know(db, principal, &OBJECT_PIPELINE, pipeline_id, "amount", error))
		return FALSE;
	for (gsize i = 0; !sql && i < G_N_ELEMENTS(groups); i++)
		if (g_str_equal(groups[i].by, by))
			sql = g_strdup_printf(FORECAST, groups[i].key, groups[i].name, where);
	if (!sql) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "by must be month, owner or stage");
		return FALSE;
	}
	rows = db_query(db, sql, error, "sssss", principal->org_id, principal->id, pipeline_id,
			from, to);
	return put_items(rows, put_sums, out, error);
}

#define CONVERSION                                                                                 \
	"WITH stays AS (SELECT h.deal_id, h.stage_id, h.at, lead(h.at) OVER (PARTITION BY "        \
	"h.deal_id ORDER BY h.seq) AS left_at FROM deal_stages h JOIN deals d ON d.org_id = "      \
	"h.org_id AND d.id = h.deal_id WHERE h.org_id = $1 AND CAST ($2 AS TEXT) IS NOT NULL AND " \
	"d.pipeline_id = $3 AND d.deleted_at IS NULL AND %s), reached AS (SELECT DISTINCT "        \
	"y.deal_id, s.id, s.position FROM stays y JOIN stages s ON s.org_id = $1 AND s.id = "      \
	"y.stage_id) SELECT s.id, s.name, s.kind, (SELECT count(*) FROM reached r WHERE r.id = "   \
	"s.id), (SELECT count(*) FROM reached r WHERE r.id = s.id AND EXISTS (SELECT 1 FROM "      \
	"reached l JOIN stages n ON n.org_id = $1 AND n.id = l.id WHERE l.deal_id = r.deal_id "    \
	"AND l.position > s.position AND n.kind <> 'lost')), (SELECT CAST(avg(y.left_at - y.at) "  \
	"AS BIGINT) FROM stays y WHERE y.stage_id = s.id AND y.left_at IS NOT NULL) FROM stages "  \
	"s WHERE s.org_id = $1 AND s.pipeline_id = $3 AND s.deleted_at IS NULL ORDER BY "          \
	"s.position, s.id"

gboolean forecast_write_conversion(Db *db, const Principal *principal, const char *pipeline_id,
				   GString *out, GError **error)
{
	g_autofree char *where = reachable(principal);
	g_autofree char *sql = g_strdup_printf(CONVERSION, where);
	g_autoptr(DbRows) rows = NULL;

	if (!may_know(db, principal, &OBJECT_PIPELINE, pipeline_id, "stage_id", error))
		return FALSE;
	rows = db_query(db, sql, error, "sss", principal->org_id, principal->id, pipeline_id);
	return put_items(rows, put_stage, out, error);
}

gboolean forecast_write_stages(Db *db, const Principal *principal, const char *deal_id,
			       GString *out, GError **error)
{
	g_autoptr(DbRows) rows = NULL;

	if (!may_know(db, principal, &OBJECT_DEAL, deal_id, "stage_id", error))
		return FALSE;
	rows = db_query(db,
			"SELECT h.stage_id, s.name, h.at, lead(h.at) OVER (ORDER BY h.seq) FROM "
			"deal_stages h LEFT JOIN stages s ON s.org_id = h.org_id AND s.id = "
			"h.stage_id WHERE h.org_id = $1 AND h.deal_id = $2 ORDER BY h.seq",
			error, "ss", principal->org_id, deal_id);
	return put_items(rows, put_stay, out, error);
}
