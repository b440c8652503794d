/* What is sealed opens with its secret, and with nothing else. */
#include "base/seal.h"

#include <string.h>

#include "base/clock.h"

#define SECRET "0190a0b4-7b1c-7000-8000-000000000001"

static void test_opens_with_its_secret(void)
{
	static const char *const texts[] = {"", "x", "{\"id\":\"令牌\",\"token\":\"zyv_1\"}"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *sealed = seal_text(SECRET, texts[i]);
		g_autofree char *again = seal_text(SECRET, texts[i]);
		g_autofree char *text = unseal_text(SECRET, sealed);

		g_assert_cmpstr(text, ==, texts[i]);
		g_assert_cmpstr(sealed, !=, again);
		g_assert_null(strstr(sealed, "zyv"));
	}
}

static void test_opens_with_nothing_else(void)
{
	g_autofree char *sealed = seal_text(SECRET, "text");
	static const char *const others[] = {"", "0190a0b4-7b1c-7000-8000-000000000002",
					     SECRET " "};
	static const char *const broken[] = {"", "AAAA", "nonsense", "!!!!"};

	for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
		g_assert_null(unseal_text(others[i], sealed));
	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++)
		g_assert_null(unseal_text(SECRET, broken[i]));
	for (gsize i = 0; i < strlen(sealed) - 2; i++) {
		g_autofree char *changed = g_strdup(sealed);

		changed[i] = changed[i] == 'A' ? 'B' : 'A';
		g_assert_null(unseal_text(SECRET, changed));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/seal/opens_with_its_secret", test_opens_with_its_secret);
	g_test_add_func("/seal/opens_with_nothing_else", test_opens_with_nothing_else);
	return g_test_run();
}
