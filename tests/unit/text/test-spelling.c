/* Slips are put right by the words of the knowledge; words that are words stay. */
#include "text/spelling.h"

#include <string.h>

static const char body[] =
	"My parcel is stuck in customs. When is the refund received? The neighbour can complain. "
	"Stock and stocks. The warranty covers the wardrobe. Warranty again. 客服热线 wireless "
	"charging";

/* Stands for a tokenizer: these are words of the language, everything else falls to pieces. */
static gsize pieces(const char *word, gpointer data)
{
	static const char *const words[] = {
		"customs",  "received", "neighbour", "complain", "stuck",    "stack", "warranty",
		"wardrobe", "wireless", "charging",  "charming", "costumes", NULL};

	(void)data;
	return g_strv_contains(words, word) ? 1 : 3;
}

static void test_correct(void)
{
	static const struct {
		const char *text, *right; /* right NULL: as it was */
	} cases[] = {
		{"awaiting custums clearance", "awaiting customs clearance"},
		{"u recieved my parcel monday", "u received my parcel monday"},
		{"off a nieghbour, am i", "off a neighbour, am i"},
		{"WARANTY?", "warranty?"},
		{"wardrobes and wardrobe", NULL}, /* known by their stem */
		{"a stack of costumes", NULL},	  /* words, though near others */
		{"charming", NULL},		  /* a word, though one letter from charging */
		{"cust", NULL},			  /* too short */
		{"我的waranty过期了吗", "我的warranty过期了吗"},
		{"xyzzyx", NULL},
		{"", NULL},
		{"recieved recieved", "received received"},
		{"b2b recieved2", "b2b received2"},
	};
	g_autoptr(Vocabulary) vocabulary = vocabulary_new();

	vocabulary_add(vocabulary, body);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *right = spelling_correct(vocabulary, cases[i].text, pieces, NULL);

		g_test_message("%s", cases[i].text);
		g_assert_cmpstr(right, ==, cases[i].right);
	}
}

/* Of two as near the more frequent, of two as frequent none. */
static void test_ties(void)
{
	g_autoptr(Vocabulary) vocabulary = vocabulary_new();
	g_autofree char *none = NULL, *more = NULL;

	vocabulary_add(vocabulary, "received receiver");
	none = spelling_correct(vocabulary, "receiveq", pieces, NULL);
	g_assert_null(none);
	vocabulary_add(vocabulary, "received");
	more = spelling_correct(vocabulary, "receiveq", pieces, NULL);
	g_assert_cmpstr(more, ==, "received");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/spelling/correct", test_correct);
	g_test_add_func("/spelling/ties", test_ties);
	return g_test_run();
}
