/* Articles cut into passages, their vectors, and the version by which an index knows that it is
 * old; with an encoder of our own that counts. */
#include "crm/knowledge.h"

#include <math.h>

#include "crm/knowledge_import.h"
#include "crm/records.h"
#include "fixture.h"

enum { LENGTH = 384 };

static char *create(Db *db, const Principal *who, const char *fields)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) document = fixture_json(fields);
	char id[37];

	record_create(db, who, &OBJECT_ARTICLE, document, id, NULL, &error);
	g_assert_no_error(error);
	return g_strdup(id);
}

static void patch(Db *db, const Principal *who, const char *id, const char *change)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) document = fixture_json(change);

	record_patch(db, who, &OBJECT_ARTICLE, id, document, NULL, NULL, &error);
	g_assert_no_error(error);
}

static void note_passage(const KnowledgePassage *passage, gpointer data)
{
	g_string_append_printf(data, "[%s|%s|%s%s]", passage->heading ? passage->heading : "",
			       passage->body, passage->language, passage->vector ? "|v" : "");
}

static char *passages(Db *db, const char *org_id)
{
	g_autoptr(GError) error = NULL;
	GString *out = g_string_new(NULL);

	knowledge_each_passage(db, org_id, "first", note_passage, out, &error);
	g_assert_no_error(error);
	return g_string_free(out, FALSE);
}

static void expect_passages(Db *db, const char *org_id, const char *wanted)
{
	g_autofree char *found = passages(db, org_id);

	g_assert_cmpstr(found, ==, wanted);
}

static void test_passages_follow_articles(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *id =
		create(db, &f->user_a, "{'title':'几天可以退货？','body':'七天。','kind':'faq'}");

	expect_passages(db, f->a, "[|七天。|zh]");
	expect_passages(db, f->b, "");
	patch(db, &f->user_a, id, "{'body':'八天。'}");
	expect_passages(db, f->a, "[|八天。|zh]");
	patch(db, &f->user_a, id, "{'status':'draft'}");
	expect_passages(db, f->a, "");
	patch(db, &f->user_a, id, "{'status':'published'}");
	expect_passages(db, f->a, "[|八天。|zh]");
	g_assert_true(record_delete(db, &f->user_a, &OBJECT_ARTICLE, id, NULL, &error));
	expect_passages(db, f->a, "");
	g_assert_true(record_restore(db, &f->user_a, &OBJECT_ARTICLE, id, &error));
	expect_passages(db, f->a, "[|八天。|zh]");
	fixture_commit(f);
}

static void test_a_document_is_cut_at_its_headings(void)
{
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);
	g_autofree char *id =
		create(db, &f->user_a,
		       "{'title':'Shipping','kind':'document','body':'# Shipping\\n\\n"
		       "We ship on Mondays.\\n\\n## Abroad\\n\\nTo Japan only.\\n'}");
	g_autofree char *found = passages(db, f->a);

	g_assert_nonnull(id);
	g_assert_nonnull(strstr(found, "|We ship on Mondays.|en]"));
	g_assert_nonnull(strstr(found, "Abroad|To Japan only.|en]"));
	fixture_commit(f);
}

static void test_every_change_raises_the_version(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	gint64 a = knowledge_version(db, f->a, &error), b = knowledge_version(db, f->b, &error);
	g_autofree char *id = create(db, &f->user_a, "{'title':'q','body':'a','kind':'faq'}");

	g_assert_cmpint(knowledge_version(db, f->a, &error), >, a);
	a = knowledge_version(db, f->a, &error);
	patch(db, &f->user_a, id, "{'title':'other'}");
	g_assert_cmpint(knowledge_version(db, f->a, &error), >, a);
	a = knowledge_version(db, f->a, &error);
	g_assert_true(record_delete(db, &f->user_a, &OBJECT_ARTICLE, id, NULL, &error));
	g_assert_cmpint(knowledge_version(db, f->a, &error), >, a);
	g_assert_cmpint(knowledge_version(db, f->b, &error), ==, b);
	g_assert_cmpint(knowledge_version(db, "none", &error), ==, -1);
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM jobs WHERE kind = 'encode_passages' "
					"AND state = 'queued'"),
			==, 1); /* one for however many articles */
	fixture_commit(f);
}

/* ---- encoding -------------------------------------------------------------------------------- */

typedef struct {
	int n_texts, n_questions;
	int fail_after; /* calls; -1 = never */
	int stop_after; /* passages; 0 = never */
	const char *encoding;
	GString *seen;
} FakeEncoder;

/* Passages point to one side, questions to another, so that their mean has both. */
static gboolean fake_encode(const char *const *texts, gsize n, gboolean as_questions,
			    float *vectors, gpointer data, GError **error)
{
	FakeEncoder *fake = data;

	if (fake->fail_after >= 0 && fake->fail_after-- == 0) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "no encoder");
		return FALSE;
	}
	memset(vectors, 0, n * LENGTH * sizeof(float));
	for (gsize i = 0; i < n; i++) {
		vectors[i * LENGTH + (as_questions ? 1 : 0)] = 1;
		g_string_append_printf(fake->seen, "%s|", texts[i]);
	}
	*(as_questions ? &fake->n_questions : &fake->n_texts) += (int)n;
	return TRUE;
}

static gboolean progress(gint64 n_done, gint64 n_all, gpointer data, GError **error)
{
	const FakeEncoder *fake = data;

	g_assert_cmpint(n_done, <=, n_all);
	if (!fake->stop_after || n_done < fake->stop_after)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "enough");
	return FALSE;
}

static FakeEncoder fake_new(void)
{
	return (FakeEncoder){.fail_after = -1, .encoding = "first", .seen = g_string_new(NULL)};
}

static gboolean encode_missing(Fixture *f, const char *org_id, FakeEncoder *fake,
			       KnowledgeProgress goes_on, GError **error)
{
	KnowledgeEncoder encoder = {fake_encode, fake, fake->encoding};

	return knowledge_encode_missing(f->store, org_id, &encoder, goes_on, fake, error);
}

static gint64 n_with_vector(Fixture *f)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(f->store, &error);

	return fixture_int(db, "SELECT count(vector) FROM passages");
}

static void add_articles(Fixture *f, const Principal *who, int n)
{
	Db *db = fixture_write(f);

	for (int i = 0; i < n; i++) {
		g_autofree char *fields =
			g_strdup_printf("{'title':'q%d','body':'a%d','kind':'faq'}", i, i);
		g_autofree char *id = create(db, who, fields);

		g_assert_nonnull(id);
	}
	fixture_commit(f);
}

static float first_vector[LENGTH];

static void note_vector(const KnowledgePassage *passage, gpointer data)
{
	(void)data;
	g_assert_nonnull(passage->vector);
	memcpy(first_vector, passage->vector, sizeof(first_vector));
}

/* Title and body as a passage, and title as a question, at unit length. */
static void test_a_vector_is_the_mean_of_two(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	FakeEncoder fake = fake_new();
	Db *db;

	add_articles(f, &f->user_a, 1);
	g_assert_true(encode_missing(f, f->a, &fake, NULL, &error));
	g_assert_cmpstr(fake.seen->str, ==, "q0\na0|q0|");
	db = fixture_write(f);
	g_assert_true(knowledge_each_passage(db, f->a, "first", note_vector, NULL, &error));
	fixture_commit(f);
	g_assert_cmpfloat_with_epsilon(first_vector[0], 1 / sqrtf(2), 1e-6);
	g_assert_cmpfloat_with_epsilon(first_vector[1], 1 / sqrtf(2), 1e-6);
	g_string_free(fake.seen, TRUE);
}

static void test_only_what_is_missing_is_encoded(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	FakeEncoder fake = fake_new();
	gint64 version;
	Db *db;

	add_articles(f, &f->user_a, 20);
	add_articles(f, &f->user_b, 3);
	g_assert_true(encode_missing(f, f->a, &fake, NULL, &error));
	g_assert_cmpint(fake.n_questions, ==, 20);
	g_assert_cmpint(fake.n_texts, ==, 20);
	g_assert_cmpint(n_with_vector(f), ==, 20);
	db = fixture_write(f);
	version = knowledge_version(db, f->a, &error);
	fixture_commit(f);
	g_assert_true(encode_missing(f, NULL, &fake, NULL, &error));
	g_assert_cmpint(fake.n_questions, ==, 23);
	g_assert_cmpint(n_with_vector(f), ==, 23);
	db = fixture_write(f);
	g_assert_cmpint(knowledge_version(db, f->a, &error), ==, version);
	fixture_commit(f);
	g_string_free(fake.seen, TRUE);
}

static void count_vectors(const KnowledgePassage *passage, gpointer data)
{
	*(int *)data += passage->vector != NULL;
}

/* Vectors of other weights are not handed out, and are made anew; the worker is told. */
static void test_other_weights(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	FakeEncoder fake = fake_new();
	int n = 0, n_old = 0;
	Db *db;

	add_articles(f, &f->user_a, 5);
	g_assert_true(encode_missing(f, f->a, &fake, NULL, &error));
	db = fixture_write(f);
	g_assert_true(knowledge_each_passage(db, f->a, "second", count_vectors, &n, &error));
	g_assert_cmpint(n, ==, 0);
	g_assert_true(db_run(db, "DELETE FROM jobs", &error, ""));
	g_assert_true(knowledge_queue_encoding(db, "first", &error));
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM jobs"), ==, 0);
	g_assert_true(knowledge_queue_encoding(db, "second", &error));
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM jobs"), ==, 1);
	fixture_commit(f);
	fake.encoding = "second";
	fake.n_questions = 0;
	g_assert_true(encode_missing(f, f->a, &fake, NULL, &error));
	g_assert_cmpint(fake.n_questions, ==, 5);
	db = fixture_write(f);
	g_assert_true(knowledge_each_passage(db, f->a, "second", count_vectors, &n, &error));
	g_assert_true(knowledge_each_passage(db, f->a, "first", count_vectors, &n_old, &error));
	g_assert_cmpint(n, ==, 5);
	g_assert_cmpint(n_old, ==, 0);
	fixture_commit(f);
	g_string_free(fake.seen, TRUE);
}

/* What was done stays, and is not done again. */
static void test_an_end_in_the_middle(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	FakeEncoder fake = fake_new();
	gint64 n_done;

	add_articles(f, &f->user_a, 40);
	fake.stop_after = 1;
	g_assert_false(encode_missing(f, f->a, &fake, progress, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNAVAILABLE);
	n_done = n_with_vector(f);
	g_assert_cmpint(n_done, >, 0);
	g_assert_cmpint(n_done, <, 40);
	fake.stop_after = 0;
	fake.fail_after = 3; /* of the calls: two a batch */
	g_assert_false(encode_missing(f, f->a, &fake, progress, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNAVAILABLE);
	g_assert_cmpint(n_with_vector(f), ==, 2 * n_done);
	fake.fail_after = -1;
	fake.n_questions = 0;
	g_assert_true(encode_missing(f, f->a, &fake, progress, &error));
	g_assert_cmpint(fake.n_questions, ==, 40 - 2 * (int)n_done);
	g_string_free(fake.seen, TRUE);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void import_text(Fixture *f, const char *name, const char *text, KnowledgeImport *import,
			GError **error)
{
	knowledge_import_text(f->store, &f->system_a, name, text, strlen(text), import, error);
}

/* The demo company comes this way. */
static void test_import_of_text(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_auto(KnowledgeImport) import = {0};
	Db *db;

	import_text(f, "x/faq.csv", "question,answer\nq1,a1\nq2,\nq1,a3\n", &import, &error);
	g_assert_no_error(error);
	g_assert_cmpint(import.n_rows, ==, 3);
	g_assert_cmpint(import.n_created, ==, 1);
	g_assert_cmpint(import.n_failed, ==, 2);
	g_assert_cmpuint(import.faults->len, ==, 2);
	g_assert_true(g_str_has_prefix(import.faults->pdata[0], "x/faq.csv:3:"));
	g_assert_true(g_str_has_prefix(import.faults->pdata[1], "x/faq.csv:4:"));
	import_text(f, "faq.csv", "question,answer\nq1,a1\n", &import, &error);
	g_assert_cmpint(import.n_unchanged, ==, 1); /* the source is the base name */
	import_text(f, "other.csv", "question,answer\nq1,a1\n", &import, &error);
	g_assert_cmpint(import.n_created, ==, 2);
	import_text(f, "page.md", "# Title\n\ntext\n", &import, &error);
	g_assert_cmpint(import.n_created, ==, 3);
	import_text(f, "page.docx", "x", &import, &error);
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	import_text(f, "blank.txt", " \n", &import, &error);
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	import_text(f, "faq.csv", "name\nx\n", &import, &error);
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	db = fixture_write(f);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM articles"), ==, 3);
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/knowledge/passages_follow_articles", test_passages_follow_articles);
	g_test_add_func("/knowledge/a_document_is_cut", test_a_document_is_cut_at_its_headings);
	g_test_add_func("/knowledge/every_change_raises_the_version",
			test_every_change_raises_the_version);
	g_test_add_func("/knowledge/other_weights", test_other_weights);
	g_test_add_func("/knowledge/a_vector_is_the_mean_of_two", test_a_vector_is_the_mean_of_two);
	g_test_add_func("/knowledge/only_what_is_missing", test_only_what_is_missing_is_encoded);
	g_test_add_func("/knowledge/an_end_in_the_middle", test_an_end_in_the_middle);
	g_test_add_func("/knowledge/import_of_text", test_import_of_text);
	return g_test_run();
}
