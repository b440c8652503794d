/* Codes by the vectors of RFC 6238, appendix B (SHA-1, cut to six digits), and what counts when. */
#include "crm/totp.h"

#include <string.h>

/* "12345678901234567890" */
static const char secret[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

static void test_vectors(void)
{
	static const struct {
		gint64 seconds;
		const char *code;
	} vectors[] = {{59, "287082"},	       {1111111109, "081804"}, {1111111111, "050471"},
		       {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};

	for (gsize i = 0; i < G_N_ELEMENTS(vectors); i++) {
		char code[TOTP_DIGITS + 1];

		totp_code(secret, vectors[i].seconds / TOTP_STEP_SECONDS, code);
		g_assert_cmpstr(code, ==, vectors[i].code);
	}
}

static void test_match(void)
{
	gint64 now_ms = 1234567890000, step = 1234567890 / TOTP_STEP_SECONDS;
	char before[TOTP_DIGITS + 1], after[TOTP_DIGITS + 1], early[TOTP_DIGITS + 1];

	totp_code(secret, step - 1, before);
	totp_code(secret, step + 1, after);
	totp_code(secret, step - 2, early);
	g_assert_cmpint(totp_match(secret, "005924", now_ms, 0), ==, step);
	g_assert_cmpint(totp_match(secret, before, now_ms, 0), ==, step - 1);
	g_assert_cmpint(totp_match(secret, after, now_ms, 0), ==, step + 1);
	g_assert_cmpint(totp_match(secret, early, now_ms, 0), ==, 0);
	g_assert_cmpint(totp_match(secret, "005924", now_ms, step), ==, 0); /* used */
	g_assert_cmpint(totp_match(secret, "5924", now_ms, 0), ==, 0);
	g_assert_cmpint(totp_match(secret, "", now_ms, 0), ==, 0);
}

static void test_secrets(void)
{
	g_autofree char *one = totp_secret_new();
	g_autofree char *two = totp_secret_new();
	g_autofree char *url = totp_url(one, "Zhiyin", "mei@qimu.example");
	g_autofree char *code = recovery_code_new();
	g_autofree char *typed = g_ascii_strup(code, -1);
	g_autofree char *hash = recovery_code_hash(code);
	g_autofree char *again = recovery_code_hash(typed);

	g_assert_cmpuint(strlen(one), ==, 32);
	g_assert_cmpstr(one, !=, two);
	g_assert_nonnull(strstr(url, one));
	g_assert_true(g_str_has_prefix(url, "otpauth://totp/Zhiyin:mei%40qimu.example?"));
	g_assert_cmpuint(strlen(code), ==, 19);
	g_assert_cmpstr(hash, ==, again);
	g_assert_cmpuint(strlen(hash), ==, 64);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/crm/totp/vectors", test_vectors);
	g_test_add_func("/crm/totp/match", test_match);
	g_test_add_func("/crm/totp/secrets", test_secrets);
	return g_test_run();
}
