/* Deals move through stages; orders and deals add up their lines. */
#include "crm/sales.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "crm/fields.h"
#include "crm/records.h"

static gboolean differs(const json_t *before, const json_t *after, const char *name)
{
	return g_strcmp0(json_member_string(before, name), json_member_string(after, name)) != 0;
}

gboolean lead_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		     GPtrArray *faults, GError **error)
{
	const char *status = json_member_string(after, "status");
	gboolean converted = json_member_string(after, "converted_at") != NULL;

	(void)db;
	(void)principal;
	(void)before;
	if (!status || g_str_equal(status, "converted") == converted)
		return TRUE;
	field_fault(faults, error, ZHIYIN_ERROR_UNPROCESSABLE, "status",
		    converted ? "of a converted lead stays"
			      : "becomes converted by converting the lead");
	return FALSE;
}

/* ---- line items ------------------------------------------------------------------------------------------------- */

static double line_amount(const json_t *line)
{
	const json_t *quantity = json_object_get(line, "quantity");
	const json_t *members[] = {json_object_get(line, "price"),
				   json_object_get(line, "discount")};
	double amounts[2] = {0, 0};

	for (gsize i = 0; i < G_N_ELEMENTS(members); i++)
		amounts[i] = json_is_string(members[i])
				     ? g_ascii_strtod(json_string_value(members[i]), NULL)
				     : json_number_value(members[i]);
	return (quantity ? json_number_value(quantity) : 1) * amounts[0] - amounts[1];
}

/* In whole thousandths, so that many small lines do not drift. */
static void sum_lines(json_t *document, const char *name)
{
	const json_t *items = json_object_get(document, "items");
	double thousandths = 0;
	gsize i;
	json_t *line;

	if (!json_is_array(items) || !json_array_size(items))
		return;
	json_array_foreach(items, i, line) thousandths += round(line_amount(line) * 1000);
	json_object_set_new(document, name, json_real(thousandths / 1000));
}

static int digits_of(const json_t *document)
{
	const char *currency = json_member_string(document, "currency");

	return currency_digits(currency ? currency : "CNY");
}

/* A sum has the digits of its currency, whatever quantities were sold. */
static void round_sum(json_t *document, const char *name)
{
	const json_t *sum = json_object_get(document, name);
	double unit = pow(10, digits_of(document));

	if (json_is_real(sum))
		json_object_set_new(document, name,
				    json_real(round(json_real_value(sum) * unit) / unit));
}

gboolean order_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		      GPtrArray *faults, GError **error)
{
	(void)db;
	(void)principal;
	(void)before;
	(void)faults;
	(void)error;
	sum_lines(after, "total");
	round_sum(after, "total");
	return TRUE;
}

/* ---- stages ----------------------------------------------------------------------------------------------------- */

/* The stage of the deal, or the first of its pipeline or of the default one: pipeline_id, id, kind,
 * probability. */
static DbRows *find_stage(Db *db, const char *org_id, const json_t *deal, GError **error)
{
	return db_query(db,
			"SELECT s.pipeline_id, s.id, s.kind, s.probability FROM stages s JOIN "
			"pipelines p ON p.org_id = s.org_id AND p.id = s.pipeline_id WHERE "
			"s.org_id = $1 AND s.deleted_at IS NULL AND p.deleted_at IS NULL AND (CAST "
			"($2 AS TEXT) IS NULL OR s.id = $2) AND (CAST ($3 AS TEXT) IS NULL OR p.id "
			"= $3) ORDER BY p.is_default DESC, p.position, s.position, s.id LIMIT 1",
			error, "sss", org_id, json_member_string(deal, "stage_id"),
			json_member_string(deal, "pipeline_id"));
}

static void enter_stage(const json_t *before, json_t *after, DbRows *stage)
{
	const char *kind = db_text(stage, 2);
	gboolean moved, open = g_str_equal(kind, "open");
	const json_t *probability = json_object_get(after, "probability");

	json_object_set_new(after, "pipeline_id", json_string(db_text(stage, 0)));
	json_object_set_new(after, "stage_id", json_string(db_text(stage, 1)));
	json_object_set_new(after, "status", json_string(kind));
	moved = differs(before, after, "stage_id");
	if (moved)
		field_set_time(after, "stage_changed_at", clock_now_ms());
	if (!json_is_number(probability) ||
	    (moved && before && json_equal(probability, json_object_get(before, "probability"))))
		json_object_set_new(after, "probability", json_real(db_double(stage, 3)));
	if (open)
		json_object_del(after, "closed_at");
	else if (!json_member_string(after, "closed_at"))
		field_set_time(after, "closed_at", clock_now_ms());
}

gboolean deal_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		     GPtrArray *faults, GError **error)
{
	g_autoptr(DbRows) stage = NULL;
	g_autoptr(GError) failed = NULL;

	sum_lines(after, "amount");
	round_sum(after, "amount");
	/* another pipeline, and nothing said of the stage: its first one */
	if (before && differs(before, after, "pipeline_id") && !differs(before, after, "stage_id"))
		json_object_del(after, "stage_id");
	/* another stage, and nothing said of the pipeline: that of the stage */
	else if (before && differs(before, after, "stage_id") &&
		 !differs(before, after, "pipeline_id"))
		json_object_del(after, "pipeline_id");
	stage = find_stage(db, principal->org_id, after, error);
	if (!stage)
		return FALSE;
	if (db_next(stage, &failed)) {
		enter_stage(before, after, stage);
	} else if (!failed && json_member_string(after, "stage_id")) {
		field_fault(faults, error, ZHIYIN_ERROR_UNPROCESSABLE, "stage_id",
			    "names no stage of this pipeline");
		return FALSE;
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean deal_changed(Db *db, const Principal *principal, const char *deal_id, RecordChange what,
		      GError **error)
{
	return what == RECORD_DELETED ||
	       db_run(db,
		      "INSERT INTO deal_stages (org_id, deal_id, stage_id, at) SELECT d.org_id, "
		      "d.id, d.stage_id, $3 FROM deals d WHERE d.org_id = $1 AND d.id = $2 AND "
		      "d.stage_id IS NOT NULL AND d.stage_id <> coalesce((SELECT h.stage_id FROM "
		      "deal_stages h WHERE h.org_id = $1 AND h.deal_id = $2 ORDER BY h.seq DESC "
		      "LIMIT 1), '')",
		      error, "ssi", principal->org_id, deal_id, clock_now_ms());
}

/* ---- the first pipeline ----------------------------------------------------------------------------------------- */

static const struct {
	const char *zh, *en, *kind;
	double probability;
} first_stages[] = {
	{"初步接触", "Contacted", "open", .1},
	{"需求确认", "Qualified", "open", .25},
	{"方案报价", "Proposal", "open", .5},
	{"商务谈判", "Negotiation", "open", .75},
	{"赢单", "Won", "won", 1},
	{"丢单", "Lost", "lost", 0},
};

gboolean sales_make_pipeline(Db *db, const Principal *principal, const char *language,
			     GError **error)
{
	gboolean zh = g_str_equal(language, "zh");
	g_autoptr(json_t) pipeline = json_pack("{s:s, s:i, s:b}", "name", zh ? "销售" : "Sales",
					       "position", 1, "is_default", TRUE);
	char pipeline_id[37], id[37];

	if (!record_create(db, principal, &OBJECT_PIPELINE, pipeline, pipeline_id, NULL, error))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(first_stages); i++) {
		g_autoptr(json_t) stage = json_pack(
			"{s:s, s:s, s:I, s:s, s:f}", "pipeline_id", pipeline_id, "name",
			zh ? first_stages[i].zh : first_stages[i].en, "position", (json_int_t)i + 1,
			"kind", first_stages[i].kind, "probability", first_stages[i].probability);

		if (!record_create(db, principal, &OBJECT_STAGE, stage, id, NULL, error))
			return FALSE;
	}
	return TRUE;
}
