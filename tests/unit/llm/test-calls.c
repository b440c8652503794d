/* The log of model calls: what goes in comes out as sums, day by day, each organisation by itself. */
#include "llm/calls.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/clock.h"
#include "text/pieces.h"

enum { DAY_MS = 86400000, NOON_MS = 43200000 };

typedef struct {
	char *path;
	Store *store;
	gint64 now;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	StoreOptions options = {.tokenize = text_tokenize_pieces, .create = TRUE, .migrate = TRUE};

	(void)data;
	f->path = g_dir_make_tmp("zhiyin-calls-XXXXXX", &error);
	g_assert_no_error(error);
	options.path = f->path;
	f->store = store_open(&options, &error);
	g_assert_no_error(error);
	f->now = 20000LL * DAY_MS + NOON_MS;
	clock_fix(f->now, 0);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	g_autoptr(GDir) folder = g_dir_open(f->path, 0, NULL);
	const char *name;

	(void)data;
	clock_fix(0, 0);
	store_close(f->store);
	while ((name = g_dir_read_name(folder))) {
		g_autofree char *file = g_build_filename(f->path, name, NULL);

		g_unlink(file);
	}
	g_rmdir(f->path);
	g_free(f->path);
}

static TaskRecord call_of(const char *outcome, const char *fault, guint n_generated,
			  double first_ms, double total_ms)
{
	return (TaskRecord){.id = "1",
			    .session = "chat",
			    .task = TASK_ANSWER,
			    .version = 3,
			    .language = "zh",
			    .provider = "local",
			    .model = "m",
			    .outcome = outcome,
			    .fault = fault,
			    .n_prompt = 100,
			    .n_generated = n_generated,
			    .first_ms = first_ms,
			    .total_ms = total_ms};
}

static gboolean add(Db *db, gpointer record, GError **error)
{
	return model_call_add(db, "nobody's", record, error);
}

static void keep(Fixture *f, const char *org_id, TaskRecord record)
{
	g_autoptr(GError) error = NULL;

	record.org_id = org_id;
	store_write(f->store, add, &record, &error);
	g_assert_no_error(error);
}

/* The caller unrefs it. */
static json_t *figures(Fixture *f, const char *org_id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(f->store, &error);
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	json_t *json;

	json_object_begin(&w, NULL);
	model_calls_write_members(db, org_id, &w, &error);
	g_assert_no_error(error);
	json_object_end(&w);
	json = json_parse(out->str, out->len, &error);
	g_assert_no_error(error);
	return json;
}

static gint64 number(const json_t *json, const char *object, const char *member)
{
	return json_integer_value(json_object_get(json_object_get(json, object), member));
}

static void test_nothing(Fixture *f, gconstpointer data)
{
	g_autoptr(json_t) json = figures(f, "a");

	(void)data;
	g_assert_cmpint(number(json, "today", "calls"), ==, 0);
	g_assert_cmpint(number(json, "latest", "calls"), ==, 0);
	g_assert_true(json_is_null(
		json_object_get(json_object_get(json, "latest"), "tokens_per_second")));
	g_assert_true(json_is_null(json_object_get(json_object_get(json, "latest"), "first_ms")));
	g_assert_cmpuint(json_array_size(json_object_get(json, "errors")), ==, 0);
}

static void test_today_begins_at_midnight(Fixture *f, gconstpointer data)
{
	g_autoptr(json_t) json = NULL;

	(void)data;
	clock_fix(f->now - NOON_MS - 1, 0); /* the last moment of yesterday */
	keep(f, "a", call_of("done", "ok", 11, 100, 1100));
	clock_fix(f->now - NOON_MS, 0);
	keep(f, "a", call_of("done", "ok", 11, 100, 1100));
	keep(f, "b", call_of("done", "ok", 11, 100, 1100));
	clock_fix(f->now, 0);
	keep(f, "a", call_of("refused", "number", 21, 100, 1100));
	json = figures(f, "a");
	g_assert_cmpint(number(json, "today", "calls"), ==, 2);
	g_assert_cmpint(number(json, "today", "tokens"), ==, 111 + 121);
}

static void test_speed_is_the_median_of_the_latest(Fixture *f, gconstpointer data)
{
	g_autoptr(json_t) json = NULL;
	const json_t *latest;

	(void)data;
	keep(f, "a", call_of("done", "ok", 1001, 1, 2)); /* will be too old to count */
	for (guint i = 0; i < MODEL_CALLS_LATEST; i++)
		keep(f, "a", call_of("done", "ok", 11, 100 + i, 1100 + i)); /* 10 a second */
	keep(f, "a", call_of("no_model", "ok", 0, 0, 5));
	keep(f, "a", call_of("late", "ok", 3, 0, 9000));
	json = figures(f, "a");
	latest = json_object_get(json, "latest");
	g_assert_cmpint(number(json, "latest", "calls"), ==, MODEL_CALLS_LATEST);
	g_assert_cmpfloat_with_epsilon(
		json_number_value(json_object_get(latest, "tokens_per_second")), 10, 1e-6);
	g_assert_cmpfloat_with_epsilon(json_number_value(json_object_get(latest, "first_ms")),
				       109.5, 1e-6);
}

/* What comes all at once is not infinitely fast. */
static void test_all_at_once(Fixture *f, gconstpointer data)
{
	g_autoptr(json_t) json = NULL;
	TaskRecord call = call_of("done", "ok", 11, 1200, 1200);

	(void)data;
	call.queue_ms = 200;
	keep(f, "a", call);
	json = figures(f, "a");
	g_assert_cmpfloat_with_epsilon(
		json_number_value(
			json_object_get(json_object_get(json, "latest"), "tokens_per_second")),
		10, 1e-6);
}

static void test_errors_by_kind(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *kind;
		gint64 count;
	} want[] = {{"late", 2}, {"no_model", 1}, {"refused:number", 1}};
	g_autoptr(json_t) json = NULL;
	const json_t *errors;

	(void)data;
	clock_fix(f->now - DAY_MS - 1, 0);
	keep(f, "a", call_of("no_model", "ok", 0, 0, 1));
	clock_fix(f->now, 0);
	keep(f, "a", call_of("no_model", "ok", 0, 0, 1));
	keep(f, "a", call_of("refused", "number", 5, 1, 2));
	keep(f, "a", call_of("late", "ok", 0, 0, 1));
	keep(f, "a", call_of("late", "ok", 0, 0, 1));
	keep(f, "a", call_of("done", "ok", 9, 1, 2));
	keep(f, "a", call_of("cancelled", "ok", 9, 1, 2));
	json = figures(f, "a");
	errors = json_object_get(json, "errors");
	g_assert_cmpuint(json_array_size(errors), ==, G_N_ELEMENTS(want));
	for (gsize i = 0; i < G_N_ELEMENTS(want); i++) {
		const json_t *row = json_array_get(errors, i);

		g_assert_cmpstr(json_member_string(row, "kind"), ==, want[i].kind);
		g_assert_cmpint(json_integer_value(json_object_get(row, "count")), ==,
				want[i].count);
	}
}

/* A record whose texts are gone when it is written; store_close() waits for it. */
static void test_kept_in_its_own_time(Fixture *f, gconstpointer data)
{
	TaskRecord record = call_of("done", "ok", 9, 1, 2);
	g_autofree char *model = g_strdup("a name that goes");
	g_autoptr(json_t) json = NULL;

	(void)data;
	record.model = model;
	record.org_id = NULL;
	model_call_keep(f->store, "a", &record);
	memset(model, 'x', strlen(model));
	keep(f, "b", call_of("done", "ok", 9, 1, 2)); /* the writer takes them in order */
	json = figures(f, "a");
	g_assert_cmpint(number(json, "today", "calls"), ==, 1);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*run)(Fixture *f, gconstpointer data);
	} tests[] = {{"/calls/nothing", test_nothing},
		     {"/calls/today", test_today_begins_at_midnight},
		     {"/calls/speed", test_speed_is_the_median_of_the_latest},
		     {"/calls/all_at_once", test_all_at_once},
		     {"/calls/errors", test_errors_by_kind},
		     {"/calls/kept", test_kept_in_its_own_time}};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
	return g_test_run();
}
