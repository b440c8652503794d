/* The engine on a model that is made of bytes and knows one trick: what stands between the last '>'
 * and '=' it says once more, then ends. Its answer depends on every token that its sequence holds, so
 * a state that is mixed up, lost or restored to the wrong place gives a wrong answer. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "llm/engine.h"
#include "llm/llm.h"

enum { END = 256, BEGIN = 257, N_TOKENS = 258, CONTEXT = 512, FAR = 1 << 30 };

typedef struct {
	EngineModel functions;
	GArray *held[ENGINE_SLOTS]; /* gint32 */
	float logits[ENGINE_BATCH][N_TOKENS];
	guint n_decoded, n_batches, n_restored, largest_batch;
	gboolean keeps_nothing; /* like a model whose window has moved on */
	gboolean fails;
} Fake;

static gint fake_tokenize(G_GNUC_UNUSED gpointer self, const char *text, gsize n, gboolean begin,
			  gint32 *tokens, guint max)
{
	guint at = 0;

	if (n + begin > max)
		return -1;
	if (begin)
		tokens[at++] = BEGIN;
	for (gsize i = 0; i < n; i++)
		tokens[at++] = (guchar)text[i];
	return (gint)at;
}

static gsize fake_piece(G_GNUC_UNUSED gpointer self, gint32 token, char *bytes,
			G_GNUC_UNUSED gsize max)
{
	if (token >= END)
		return 0;
	*bytes = (char)token;
	return 1;
}

static gboolean fake_is_end(G_GNUC_UNUSED gpointer self, gint32 token)
{
	return token == END;
}

static gint32 last_of(const GArray *held, gint32 token)
{
	for (guint i = held->len; i > 0; i--)
		if (g_array_index(held, gint32, i - 1) == token)
			return (gint32)(i - 1);
	return -1;
}

static gint32 fake_next(const GArray *held)
{
	gint32 from = last_of(held, '>'), until = last_of(held, '=');
	gint32 n_said = (gint32)held->len - until - 1;

	if (from < 0 || until <= from || n_said >= until - from - 1)
		return END;
	return g_array_index(held, gint32, from + 1 + n_said);
}

static gboolean fake_decode(gpointer self, const EngineToken *tokens, guint n)
{
	Fake *fake = self;

	g_assert_cmpuint(n, >=, 1);
	g_assert_cmpuint(n, <=, ENGINE_BATCH);
	fake->n_batches++;
	fake->n_decoded += n;
	fake->largest_batch = MAX(fake->largest_batch, n);
	if (fake->fails)
		return FALSE;
	for (guint i = 0; i < n; i++) {
		GArray *held = fake->held[tokens[i].sequence];

		g_assert_cmpuint(tokens[i].position, ==, held->len);
		g_assert_cmpuint(held->len, <, CONTEXT);
		g_array_append_val(held, tokens[i].token);
		if (!tokens[i].wants_logits)
			continue;
		for (guint t = 0; t < N_TOKENS; t++)
			fake->logits[i][t] =
				t == 'z' ? 1.0f : 0.0f; /* the second best is always z */
		fake->logits[i][fake_next(held)] = 2.0f;
	}
	return TRUE;
}

static const float *fake_logits(gpointer self, guint i)
{
	Fake *fake = self;

	return fake->logits[i];
}

static gboolean fake_keep(gpointer self, guint sequence, guint n_keep)
{
	Fake *fake = self;

	if (n_keep && fake->keeps_nothing)
		n_keep = 0;
	g_assert_cmpuint(n_keep, <=, fake->held[sequence]->len);
	g_array_set_size(fake->held[sequence], n_keep);
	return n_keep > 0;
}

static GBytes *fake_save(gpointer self, guint sequence, gsize max_bytes)
{
	Fake *fake = self;
	const GArray *held = fake->held[sequence];

	g_assert_cmpuint(held->len * sizeof(gint32), <=, max_bytes);
	return g_bytes_new(held->data, held->len * sizeof(gint32));
}

static gboolean fake_restore(gpointer self, guint sequence, GBytes *state)
{
	Fake *fake = self;

	g_array_set_size(fake->held[sequence], 0);
	g_array_append_vals(fake->held[sequence], g_bytes_get_data(state, NULL),
			    (guint)(g_bytes_get_size(state) / sizeof(gint32)));
	fake->n_restored++;
	return TRUE;
}

/* A "grammar" is the set of bytes that may come, and it counts what it accepted. */
typedef struct {
	char *bytes;
	guint n_accepted;
} FakeGrammar;

static gpointer fake_grammar_new(G_GNUC_UNUSED gpointer self, const char *gbnf)
{
	FakeGrammar *grammar;

	if (!*gbnf || *gbnf == '!')
		return NULL;
	grammar = g_new0(FakeGrammar, 1);
	grammar->bytes = g_strdup(gbnf);
	return grammar;
}

static void fake_grammar_free(G_GNUC_UNUSED gpointer self, gpointer data)
{
	FakeGrammar *grammar = data;

	g_free(grammar->bytes);
	g_free(grammar);
}

static gboolean fake_allows(const FakeGrammar *grammar, gint32 token)
{
	return token < END && token > 0 && strchr(grammar->bytes, token);
}

static void fake_grammar_mask(G_GNUC_UNUSED gpointer self, gpointer grammar,
			      SampleCandidate *candidates, guint n)
{
	for (guint i = 0; i < n; i++)
		if (!fake_allows(grammar, candidates[i].token))
			candidates[i].logit = -INFINITY;
}

static void fake_grammar_accept(G_GNUC_UNUSED gpointer self, gpointer data, gint32 token)
{
	FakeGrammar *grammar = data;

	g_assert_true(fake_allows(grammar, token));
	grammar->n_accepted++;
}

static guint fake_grammar_top(G_GNUC_UNUSED gpointer self, gpointer grammar, const float *logits,
			      SampleCandidate *top, guint n_top)
{
	float allowed[N_TOKENS];

	for (gint32 i = 0; i < N_TOKENS; i++)
		allowed[i] = fake_allows(grammar, i) ? logits[i] : -INFINITY;
	return sample_top(allowed, N_TOKENS, top, n_top);
}

/* ---- the caller ------------------------------------------------------------------------------ */

typedef struct {
	GString *text;
	guint n_done, n_failed;
	WireMessage last; /* its texts are of no use */
} Said;

typedef struct {
	Fake *fake;
	Engine *engine;
	GHashTable *said; /* "owner/id" -> Said */
} Fixture;

static Said *said_by(Fixture *fixture, gconstpointer owner, guint32 id)
{
	g_autofree char *key = g_strdup_printf("%s/%u", (const char *)owner, id);
	Said *said = g_hash_table_lookup(fixture->said, key);

	if (said)
		return said;
	said = g_new0(Said, 1);
	said->text = g_string_new(NULL);
	g_hash_table_insert(fixture->said, g_steal_pointer(&key), said);
	return said;
}

static void said_free(gpointer data)
{
	Said *said = data;

	g_string_free(said->text, TRUE);
	g_free(said);
}

static void take(gpointer owner, const WireMessage *message, gpointer data)
{
	Said *said = said_by(data, owner, message->id);

	g_assert_cmpuint(said->n_done + said->n_failed, ==, 0); /* nothing after the end */
	if (message->kind == WIRE_PIECE)
		g_string_append_len(said->text, message->text, (gssize)message->n_text);
	said->n_done += message->kind == WIRE_DONE;
	said->n_failed += message->kind == WIRE_FAILED;
	said->last = *message;
}

static void fixture_open(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Fake *fake = fixture->fake = g_new0(Fake, 1);

	fake->functions = (EngineModel){fake_tokenize,	   fake_piece,	      fake_is_end,
					fake_decode,	   fake_logits,	      fake_keep,
					fake_save,	   fake_restore,      fake_grammar_new,
					fake_grammar_free, fake_grammar_mask, fake_grammar_accept,
					fake_grammar_top,  N_TOKENS,	      CONTEXT};
	for (guint i = 0; i < ENGINE_SLOTS; i++)
		fake->held[i] = g_array_new(FALSE, FALSE, sizeof(gint32));
	fixture->said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, said_free);
	fixture->engine = engine_new(&fake->functions, fake, take, fixture);
}

static void fixture_close(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	engine_free(fixture->engine);
	for (guint i = 0; i < ENGINE_SLOTS; i++)
		g_array_unref(fixture->fake->held[i]);
	g_hash_table_unref(fixture->said);
	g_free(fixture->fake);
}

static WireMessage request(guint32 id, const char *fixed, const char *input)
{
	return (WireMessage){.kind = WIRE_GENERATE,
			     .id = id,
			     .max_tokens = 100,
			     .deadline_us = FAR,
			     .fixed = fixed,
			     .n_fixed = strlen(fixed),
			     .input = input,
			     .n_input = strlen(input)};
}

static void submit(Fixture *fixture, const char *owner, const WireMessage *message)
{
	engine_submit(fixture->engine, (gpointer)(guintptr)owner, message, 1);
}

static void run_out(Fixture *fixture)
{
	guint n = 0;

	while (engine_step(fixture->engine, 2))
		g_assert_cmpuint(++n, <, 5000);
}

static void expect(Fixture *fixture, const char *owner, guint32 id, const char *text, LlmEnd end)
{
	const Said *said = said_by(fixture, owner, id);

	g_assert_cmpstr(said->text->str, ==, text);
	g_assert_cmpuint(said->n_done, ==, 1);
	g_assert_cmpint(said->last.end, ==, end);
}

static void expect_failed(Fixture *fixture, const char *owner, guint32 id, int code)
{
	const Said *said = said_by(fixture, owner, id);

	g_assert_cmpuint(said->n_failed, ==, 1);
	g_assert_cmpuint(said->last.code, ==, (guint32)code);
}

#define LONG_FIXED "these are the instructions, long enough to be kept\n"

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_one(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	WireMessage message = request(1, "be kind ", ">hello=");

	submit(fixture, "a", &message);
	run_out(fixture);
	expect(fixture, "a", 1, "hello", LLM_END_STOP);
	g_assert_cmpuint(said_by(fixture, "a", 1)->last.n_prompt, ==, 1 + 8 + 7);
	g_assert_cmpuint(said_by(fixture, "a", 1)->last.n_generated, ==, 5);
	g_assert_false(engine_step(fixture->engine, 2));
}

static void test_many_keep_apart(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	EngineState state;

	for (guint32 i = 0; i < 20; i++) {
		g_autofree char *input = g_strdup_printf(">answer %u for you=", i);
		WireMessage message = request(i, i % 2 ? LONG_FIXED : "short ", input);

		submit(fixture, i % 3 ? "a" : "b", &message);
	}
	engine_step(fixture->engine, 2);
	engine_state(fixture->engine, &state);
	g_assert_cmpuint(state.n_running, ==, ENGINE_SLOTS);
	g_assert_cmpuint(state.n_waiting, ==, 20 - ENGINE_SLOTS);
	run_out(fixture);
	for (guint32 i = 0; i < 20; i++) {
		g_autofree char *text = g_strdup_printf("answer %u for you", i);

		expect(fixture, i % 3 ? "a" : "b", i, text, LLM_END_STOP);
	}
}

static void test_fixed_part_is_computed_once(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	guint n_fixed = 1 + strlen(LONG_FIXED), n_expected = n_fixed;
	EngineState state;

	fixture->fake->keeps_nothing = TRUE; /* so that only a kept state can help */
	for (guint32 i = 0; i < 12; i++) {
		g_autofree char *input = g_strdup_printf(">%u=", i);
		WireMessage message = request(i, LONG_FIXED, input);

		submit(fixture, "a", &message);
		n_expected += strlen(input) + strlen(input) - 2; /* read in, and written out */
	}
	run_out(fixture);
	g_assert_cmpuint(fixture->fake->n_decoded, ==, n_expected);
	g_assert_cmpuint(fixture->fake->n_restored, ==, 11);
	for (guint32 i = 0; i < 12; i++) {
		g_autofree char *text = g_strdup_printf("%u", i);

		expect(fixture, "a", i, text, LLM_END_STOP);
		g_assert_cmpuint(said_by(fixture, "a", i)->last.n_cached, ==, i ? n_fixed : 0);
	}
	engine_state(fixture->engine, &state);
	g_assert_cmpuint(state.n_prefixes, ==, 1);
}

static void test_few_fixed_parts_are_kept(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	EngineState state;

	fixture->fake->keeps_nothing = TRUE;
	for (guint32 round = 0; round < 2; round++) {
		for (guint32 i = 0; i < ENGINE_PREFIXES + 1; i++) {
			g_autofree char *fixed = g_strdup_printf(LONG_FIXED "%u\n", i);
			WireMessage message = request(round * 100 + i, fixed, ">x=");

			submit(fixture, "a", &message);
			run_out(fixture);
			expect(fixture, "a", round * 100 + i, "x", LLM_END_STOP);
		}
	}
	/* each is used again after all others: the oldest had to go every time */
	g_assert_cmpuint(fixture->fake->n_restored, ==, 0);
	engine_state(fixture->engine, &state);
	g_assert_cmpuint(state.n_prefixes, ==, ENGINE_PREFIXES);
}

static guint cached_of(Fixture *fixture, guint32 id, const char *fixed, const char *input)
{
	WireMessage message = request(id, fixed, input);

	submit(fixture, "a", &message);
	run_out(fixture);
	return said_by(fixture, "a", id)->last.n_cached;
}

static void test_what_is_used_is_kept(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	guint n_fixed = 1 + strlen(LONG_FIXED "favourite");

	fixture->fake->keeps_nothing = TRUE;
	for (guint32 i = 0; i < 2 * ENGINE_PREFIXES; i++) {
		g_autofree char *other = g_strdup_printf(LONG_FIXED "%u\n", i);

		g_assert_cmpuint(cached_of(fixture, 100 + i, LONG_FIXED "favourite", ">x="), ==,
				 i ? n_fixed : 0);
		g_assert_cmpuint(cached_of(fixture, i, other, ">x="), ==, 0);
	}
}

/* What a slot holds by chance is less than what was kept: then the kept state it is. */
static void test_the_longer_beginning_wins(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	guint n_fixed = 1 + strlen(LONG_FIXED);

	g_assert_cmpuint(cached_of(fixture, 1, LONG_FIXED, ">x="), ==, 0);
	g_assert_cmpuint(cached_of(fixture, 2, "", "these are others >y="), ==,
			 1 + strlen("these are "));
	g_assert_cmpuint(cached_of(fixture, 3, LONG_FIXED, ">z="), ==, n_fixed);
	g_assert_cmpuint(fixture->fake->n_restored, ==, 1);
	/* and what a slot holds is more than what was kept: then it goes on from there */
	g_assert_cmpuint(cached_of(fixture, 4, LONG_FIXED, ">zz="), ==, n_fixed + 2);
	g_assert_cmpuint(fixture->fake->n_restored, ==, 1);
	expect(fixture, "a", 3, "z", LLM_END_STOP);
	expect(fixture, "a", 4, "zz", LLM_END_STOP);
}

/* Without a fixed part a slot still goes on where an earlier prompt began alike. */
static void test_alike_prompts_share(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	WireMessage first = request(1, "", "a long beginning >one="),
		    second = request(2, "", "a long beginning >other=");

	submit(fixture, "a", &first);
	run_out(fixture);
	submit(fixture, "a", &second);
	run_out(fixture);
	expect(fixture, "a", 2, "other", LLM_END_STOP);
	g_assert_cmpuint(said_by(fixture, "a", 2)->last.n_cached, ==,
			 1 + strlen("a long beginning >o"));
}

static void test_same_prompt_again(Fixture *fixture, gconstpointer keeps_nothing)
{
	WireMessage message = request(1, LONG_FIXED ">all of it=", "");

	fixture->fake->keeps_nothing = keeps_nothing != NULL;
	submit(fixture, "a", &message);
	run_out(fixture);
	message.id = 2;
	submit(fixture, "a", &message);
	run_out(fixture);
	expect(fixture, "a", 1, "all of it", LLM_END_STOP);
	expect(fixture, "a", 2, "all of it", LLM_END_STOP);
}

static void test_stop_words(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	WireMessage message = request(1, "", ">good ## day### Q: next=");

	message.stops = "###\0zzz";
	message.n_stops = 8;
	submit(fixture, "a", &message);
	run_out(fixture);
	expect(fixture, "a", 1, "good ## day", LLM_END_STOP);
}

static void test_length(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	WireMessage message = request(1, "", ">退货退货=");

	message.max_tokens = 7; /* two characters of three bytes and a third of one */
	submit(fixture, "a", &message);
	run_out(fixture);
	expect(fixture, "a", 1, "退货", LLM_END_LENGTH);
}

static void test_too_large(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *most = g_strnfill(CONTEXT - 100 - 1, 'x');
	g_autofree char *more = g_strnfill(CONTEXT - 100, 'x');
	WireMessage fits = request(1, "", most), large = request(2, "", more),
		    halves = request(3, most, "x"), greedy = request(4, "", "x"),
		    nothing = request(5, "", "x");

	greedy.max_tokens = CONTEXT;
	nothing.max_tokens = 0;
	submit(fixture, "a", &fits);
	submit(fixture, "a", &large);
	submit(fixture, "a", &halves);
	submit(fixture, "a", &greedy);
	submit(fixture, "a", &nothing);
	for (guint32 id = 2; id <= 5; id++)
		expect_failed(fixture, "a", id, ZHIYIN_ERROR_TOO_LARGE);
	g_assert_cmpuint(fixture->fake->n_decoded, ==, 0); /* said before anything was computed */
	run_out(fixture);
	expect(fixture, "a", 1, "", LLM_END_STOP);
}

static void test_queue_has_an_end(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint32 i = 0; i < ENGINE_QUEUE_MAX + 3; i++) {
		WireMessage message = request(i, "", ">x=");

		submit(fixture, "a", &message);
	}
	for (guint32 i = 0; i < 3; i++)
		expect_failed(fixture, "a", ENGINE_QUEUE_MAX + i, ZHIYIN_ERROR_UNAVAILABLE);
	run_out(fixture);
	expect(fixture, "a", ENGINE_QUEUE_MAX - 1, "x", LLM_END_STOP);
}

static void test_grammar(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	WireMessage bad = request(1, "", ">x="), narrow = request(2, "", ">abc="),
		    far = request(3, "", ">abc=");

	bad.grammar = "!", bad.n_grammar = 1;
	narrow.grammar = "bz", narrow.n_grammar = 2;
	narrow.max_tokens = far.max_tokens = 3;
	far.grammar = "\x03", far.n_grammar = 1; /* none of the likeliest */
	submit(fixture, "a", &bad);
	submit(fixture, "a", &narrow);
	submit(fixture, "a", &far);
	expect_failed(fixture, "a", 1, ZHIYIN_ERROR_INVALID);
	run_out(fixture);
	expect(fixture, "a", 2, "zbz",
	       LLM_END_LENGTH); /* b where it is the best, else the next best */
	expect(fixture, "a", 3, "\3\3\3", LLM_END_LENGTH);
}

static void test_deadline(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	WireMessage message = request(1, "", ">hello world="), late = request(2, "", ">x=");

	message.deadline_us = 100;
	submit(fixture, "a", &message);
	for (guint i = 0; i < 4; i++)
		g_assert_true(engine_step(fixture->engine, 99));
	late.deadline_us = 100; /* it never gets a turn */
	submit(fixture, "a", &late);
	g_assert_false(engine_step(fixture->engine, 100));
	expect(fixture, "a", 1, "hell", LLM_END_DEADLINE);
	expect(fixture, "a", 2, "", LLM_END_DEADLINE);
}

static void test_cancel_and_drop(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	EngineState state;

	for (guint32 i = 0; i < 10; i++) {
		WireMessage message = request(i, LONG_FIXED, ">hello world=");

		submit(fixture, i % 2 ? "a" : "b", &message);
	}
	engine_step(fixture->engine, 2);
	engine_cancel(fixture->engine, (gpointer)(guintptr) "a",
		      1); /* runs or waits for the prefix */
	engine_cancel(fixture->engine, (gpointer)(guintptr) "a", 9);  /* waits */
	engine_cancel(fixture->engine, (gpointer)(guintptr) "a", 77); /* is not there */
	engine_drop(fixture->engine, (gpointer)(guintptr) "b");
	run_out(fixture);
	engine_state(fixture->engine, &state);
	g_assert_cmpuint(state.n_running + state.n_waiting, ==, 0);
	for (guint32 i = 0; i < 10; i++) {
		const Said *said = said_by(fixture, i % 2 ? "a" : "b", i);
		gboolean answered = i == 3 || i == 5 || i == 7;

		g_assert_cmpuint(said->n_done, ==, answered);
		if (answered)
			g_assert_cmpstr(said->text->str, ==, "hello world");
	}
}

/* A long prompt is read in while others write: they get a token with every batch. */
static void test_nobody_waits_for_a_long_prompt(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *text = g_strnfill(CONTEXT - 120, 'x');
	WireMessage quick = request(1, "", ">a b c d e f g h="), slow = request(2, "", text);

	submit(fixture, "a", &quick);
	engine_step(fixture->engine, 2);
	submit(fixture, "a", &slow);
	fixture->fake->largest_batch = 0;
	for (guint i = 0; i < 3; i++)
		engine_step(fixture->engine, 2);
	g_assert_cmpuint(fixture->fake->largest_batch, ==, 1 + ENGINE_BATCH_SHARED);
	g_assert_cmpstr(said_by(fixture, "a", 1)->text->str, ==, "a b ");
	run_out(fixture);
	expect(fixture, "a", 1, "a b c d e f g h", LLM_END_STOP);
	expect(fixture, "a", 2, "", LLM_END_STOP);
}

static void test_model_fails(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	WireMessage message = request(1, LONG_FIXED, ">x=");

	fixture->fake->fails = TRUE;
	submit(fixture, "a", &message);
	engine_step(fixture->engine, 2);
	expect_failed(fixture, "a", 1, ZHIYIN_ERROR_UNAVAILABLE);
	fixture->fake->fails = FALSE;
	message.id = 2;
	submit(fixture, "a", &message);
	run_out(fixture);
	expect(fixture, "a", 2, "x", LLM_END_STOP);
}

static void test_chance_follows_the_seed(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint32 i = 0; i < 3; i++) {
		WireMessage message = request(i, "", ">abcdefghij=");

		message.temperature = 1.5;
		message.max_tokens = 30;
		message.seed = i == 2 ? 8 : 7;
		submit(fixture, "a", &message);
	}
	run_out(fixture);
	g_assert_cmpstr(said_by(fixture, "a", 0)->text->str, ==,
			said_by(fixture, "a", 1)->text->str);
	g_assert_cmpstr(said_by(fixture, "a", 0)->text->str, !=,
			said_by(fixture, "a", 2)->text->str);
}

#define ADD(name, data, function) \
	g_test_add("/engine/" name, Fixture, data, fixture_open, function, fixture_close)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("one", NULL, test_one);
	ADD("many_keep_apart", NULL, test_many_keep_apart);
	ADD("fixed_part_is_computed_once", NULL, test_fixed_part_is_computed_once);
	ADD("few_fixed_parts_are_kept", NULL, test_few_fixed_parts_are_kept);
	ADD("what_is_used_is_kept", NULL, test_what_is_used_is_kept);
	ADD("the_longer_beginning_wins", NULL, test_the_longer_beginning_wins);
	ADD("alike_prompts_share", NULL, test_alike_prompts_share);
	ADD("same_prompt_again", NULL, test_same_prompt_again);
	ADD("same_prompt_again_window_gone", "", test_same_prompt_again);
	ADD("stop_words", NULL, test_stop_words);
	ADD("length", NULL, test_length);
	ADD("too_large", NULL, test_too_large);
	ADD("queue_has_an_end", NULL, test_queue_has_an_end);
	ADD("grammar", NULL, test_grammar);
	ADD("deadline", NULL, test_deadline);
	ADD("cancel_and_drop", NULL, test_cancel_and_drop);
	ADD("nobody_waits_for_a_long_prompt", NULL, test_nobody_waits_for_a_long_prompt);
	ADD("model_fails", NULL, test_model_fails);
	ADD("chance_follows_the_seed", NULL, test_chance_follows_the_seed);
	return g_test_run();
}
