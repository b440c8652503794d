/* Which addresses are public: every kind that is not, in every form, and a few that are. */
#include "http/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static gboolean is_public(const char *text)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return client_address_is_public((const struct sockaddr *)(gconstpointer)&in);
	g_assert_cmpint(inet_pton(AF_INET6, text, &in6.sin6_addr), ==, 1);
	return client_address_is_public((const struct sockaddr *)(gconstpointer)&in6);
}

static void test_closed(void)
{
	static const char *const closed[] = {
		"0.0.0.0",
		"10.1.2.3",
		"100.64.0.1",
		"127.0.0.1",
		"127.255.255.254",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.0.0.170",
		"192.0.2.1",
		"192.88.99.1",
		"192.168.1.1",
		"198.18.0.1",
		"198.51.100.7",
		"203.0.113.9",
		"224.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"::ffff:127.0.0.1",
		"::ffff:10.0.0.1",
		"64:ff9b::10.0.0.1",
		"64:ff9b:1::1",
		"100::1",
		"2001::1",
		"2001:db8::1",
		"2002:7f00:1::",
		"2002:a00:1::1",
		"fc00::1",
		"fd12:3456::1",
		"fe80::1",
		"fec0::1",
		"ff02::1",
		"::127.0.0.1",
		"3fff::1",
		"4000::1",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(closed); i++) {
		g_test_message("%s", closed[i]);
		g_assert_false(is_public(closed[i]));
	}
}

static void test_open(void)
{
	static const char *const open[] = {"1.1.1.1",	    "8.8.8.8",	      "100.63.255.255",
					   "100.128.0.1",   "172.32.0.1",     "223.255.255.255",
					   "2606:4700::11", "::ffff:8.8.8.8", "2002:808:808::1",
					   "2400:3200::1"};

	for (gsize i = 0; i < G_N_ELEMENTS(open); i++) {
		g_test_message("%s", open[i]);
		g_assert_true(is_public(open[i]));
	}
}

/* In whatever way the address is written: what counts is where the connection would go. */
static void test_forms(void)
{
	static const char *const urls[] = {
		"http://127.0.0.1:9/",	    "http://localhost:9/",	    "http://127.1:9/",
		"http://2130706433:9/",	    "http://0x7f000001:9/",	    "http://0177.0.0.1:9/",
		"http://[::1]:9/",	    "http://[::ffff:127.0.0.1]:9/", "http://0.0.0.0:9/",
		"http://user@127.0.0.1:9/", "http://127.0.0.1.:9/",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
		ClientRequest request = {urls[i], NULL, "{}", 2000, 100, FALSE};
		g_auto(ClientAnswer) answer = {0};
		g_autoptr(GError) error = NULL;

		g_test_message("%s", urls[i]);
		g_assert_false(client_post(&request, &answer, &error));
		g_assert_nonnull(error);
		g_test_message("%s", error->message);
		g_assert_true(strstr(error->message, "not public") ||
			      strstr(error->message, "resolve"));
	}
}

static void test_other_schemes(void)
{
	static const char *const urls[] = {"file:///etc/passwd", "gopher://127.0.0.1/",
					   "ftp://127.0.0.1/"};

	for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
		ClientRequest request = {urls[i], NULL, "{}", 2000, 100, TRUE};
		g_auto(ClientAnswer) answer = {0};

		g_assert_false(client_post(&request, &answer, NULL));
		g_assert_cmpuint(answer.body->len, ==, 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/client/closed", test_closed);
	g_test_add_func("/client/open", test_open);
	g_test_add_func("/client/forms", test_forms);
	g_test_add_func("/client/other_schemes", test_other_schemes);
	return g_test_run();
}
