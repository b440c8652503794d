/* UUIDv7: form, order within one millisecond and across threads, bits where RFC 9562 wants them;
 * secrets and their hashes. */
#include <glib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"

enum { N_IDS = 20000, N_THREADS = 4 };

static void test_form(void)
{
	char id[ID_LENGTH + 1];

	clock_fix(0x0190a0b4c1d2, 0);
	id_new(id);
	clock_fix(0, 0);
	g_assert_cmpint(strlen(id), ==, ID_LENGTH);
	g_assert_true(g_str_has_prefix(id, "0190a0b4-c1d2-7"));
	g_assert_nonnull(strchr("89ab", id[19]));
	g_assert_true(id_valid(id));
}

static void test_order_in_one_millisecond(void)
{
	char before[ID_LENGTH + 1], id[ID_LENGTH + 1];

	clock_fix(0x0190a0b4c1d3, 0);
	id_new(before);
	for (int i = 0; i < N_IDS; i++) {
		id_new(id);
		g_assert_cmpstr(before, <, id);
		memcpy(before, id, sizeof(id));
	}
	clock_fix(0, 0);
}

static void test_clock_going_back(void)
{
	char before[ID_LENGTH + 1], id[ID_LENGTH + 1];

	clock_fix(0x0190a0b4d000, 0);
	id_new(before);
	clock_fix(0x0190a0b40000, 0);
	id_new(id);
	clock_fix(0, 0);
	g_assert_cmpstr(before, <, id);
}

static gpointer make_ids(gpointer data)
{
	char(*ids)[ID_LENGTH + 1] = data;

	for (int i = 0; i < N_IDS; i++)
		id_new(ids[i]);
	return NULL;
}

static void test_threads(void)
{
	g_autofree char(*ids)[ID_LENGTH + 1] = g_malloc_n(N_THREADS * N_IDS, ID_LENGTH + 1);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GThread *threads[N_THREADS];

	for (int i = 0; i < N_THREADS; i++)
		threads[i] = g_thread_new("ids", make_ids, ids + i * N_IDS);
	for (int i = 0; i < N_THREADS; i++)
		g_thread_join(threads[i]);
	for (int i = 0; i < N_THREADS * N_IDS; i++)
		g_assert_true(g_hash_table_add(seen, ids[i]));
}

/* What ids of a millisecond begin with stands between them and those of the one before. The clock is later than that of any test
 * before, as ids do not go back. */
static void test_time(void)
{
	char id[ID_LENGTH + 1], begin[ID_BEGIN_LENGTH + 1];

	clock_fix(0x0290a0b4d001, 0);
	id_new(id);
	clock_fix(0, 0);
	g_assert_cmpint(id_time_ms(id), ==, 0x0290a0b4d001);
	g_assert_cmpstr(id_begin(0x0290a0b4d001, begin), ==, "0290a0b4-d001");
	g_assert_cmpstr(begin, <, id);
	g_assert_cmpstr(id, <, id_begin(0x0290a0b4d002, begin));
	g_assert_cmpstr(id_begin(-5, begin), ==, "00000000-0000");
	g_assert_cmpstr(id_begin(G_MAXINT64, begin), ==, "ffffffff-ffff");
}

static void test_valid(void)
{
	static const char *const bad[] = {
		"",
		"0190a0b4-c1d2-7abc-8abc-0123456789a",
		"0190a0b4-c1d2-7abc-8abc-0123456789abc",
		"0190A0b4-c1d2-7abc-8abc-0123456789ab",
		"0190a0b4xc1d2-7abc-8abc-0123456789ab",
		"g190a0b4-c1d2-7abc-8abc-0123456789ab",
		"0190a0b4-c1d2-7abc-8abc-01234567-9ab",
	};

	g_assert_true(id_valid("0190a0b4-c1d2-7abc-8abc-0123456789ab"));
	g_assert_false(id_valid(NULL));
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(id_valid(bad[i]));
}

static void test_secret(void)
{
	g_autofree char *one = secret_new("zk_");
	g_autofree char *two = secret_new("zk_");
	g_autofree char *hash = secret_hash("abc");

	g_assert_true(g_str_has_prefix(one, "zk_"));
	g_assert_cmpint(strlen(one), ==, 3 + 43);
	g_assert_cmpstr(one, !=, two);
	/* FIPS 180-2, appendix B.1 */
	g_assert_cmpstr(hash, ==,
			"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/id/form", test_form);
	g_test_add_func("/id/order-in-one-millisecond", test_order_in_one_millisecond);
	g_test_add_func("/id/clock-going-back", test_clock_going_back);
	g_test_add_func("/id/threads", test_threads);
	g_test_add_func("/id/time", test_time);
	g_test_add_func("/id/valid", test_valid);
	g_test_add_func("/id/secret", test_secret);
	return g_test_run();
}
