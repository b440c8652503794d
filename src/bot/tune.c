/*
 * A step: the loss needs the vectors of all questions, titles and passages at once and stands between the
 * forward and the backward half of the passes (ml/finetune_team.h).
 */
#include "bot/tune.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "ml/adam.h"
#include "ml/contrast.h"
#include "ml/finetune_team.h"
#include "ml/tokenizer.h"
#include "text/input.h"

#define MODEL WEIGHTS_DIMENSIONS

enum {
	MAX_TOKENS = 192, /* of a text, bos and eos included */
	STEP_ANSWERABLE = 84,
	STEP_UNANSWERABLE = 34,
	STEP_STRANGERS = 8, /* passages in the other language */
	N_VIEWS = 2,
	WARM_UP = 10,
	MEAN_STEPS = 60,
	MEASURE_TOKENS = 4096,
};

typedef struct {
	guint n;
	gint32 *ids;
} Tokens;

typedef struct {
	char *language;
	Tokens views[N_VIEWS]; /* title as a question, title and body as a passage */
} Passage;

typedef struct {
	char *language;
	Tokens tokens;
	int wanted; /* -1: none */
} Question;

typedef struct {
	GPtrArray *passages;  /* Passage */
	GPtrArray *questions; /* Question */
} Knowledge;

struct TuneSet {
	Weights *weights;
	Tokenizer *tokenizer;
	GPtrArray *knowledges; /* Knowledge */
};

/* ---- reading ------------------------------------------------------------------------------------- */

static void passage_free(gpointer data)
{
	Passage *passage = data;

	g_free(passage->language);
	for (int i = 0; i < N_VIEWS; i++)
		g_free(passage->views[i].ids);
	g_free(passage);
}

static void question_free(gpointer data)
{
	Question *question = data;

	g_free(question->language);
	g_free(question->tokens.ids);
	g_free(question);
}

static void knowledge_free(gpointer data)
{
	Knowledge *knowledge = data;

	g_ptr_array_unref(knowledge->passages);
	g_ptr_array_unref(knowledge->questions);
	g_free(knowledge);
}

TuneSet *tune_set_new(const char *encoder_path, GError **error)
{
	g_autoptr(TuneSet) set = g_new0(TuneSet, 1);

	set->knowledges = g_ptr_array_new_with_free_func(knowledge_free);
	set->weights = weights_open(encoder_path, error);
	if (!set->weights)
		return NULL;
	set->tokenizer = tokenizer_new(weights_vocabulary(set->weights));
	return g_steal_pointer(&set);
}

void tune_set_free(TuneSet *set)
{
	if (!set)
		return;
	g_ptr_array_unref(set->knowledges);
	g_clear_pointer(&set->tokenizer, tokenizer_free);
	g_clear_pointer(&set->weights, weights_free);
	g_free(set);
}

static gboolean tokens_make(const TuneSet *set, const char *prefix, const char *text,
			    Tokens *tokens, GError **error)
{
	const WeightsVocabulary *v = weights_vocabulary(set->weights);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Token));

	if (!tokenizer_split(set->tokenizer, prefix, text, strlen(text), all, error))
		return FALSE;
	tokens->n = MIN(all->len, MAX_TOKENS - 2) + 2;
	tokens->ids = g_new(gint32, tokens->n);
	tokens->ids[0] = v->bos;
	for (guint i = 0; i + 2 < tokens->n; i++)
		tokens->ids[i + 1] = g_array_index(all, Token, i).id;
	tokens->ids[tokens->n - 1] = v->eos;
	return TRUE;
}

/* kinds of lines: which member is the title, which the body */
static const struct {
	const char *kind, *title, *body;
} kinds[] = {
	{"faq", "question", "answer"},
	{"passage", "heading", "text"},
	{"unanswerable", NULL, NULL},
};

static gboolean add_questions(const TuneSet *set, Knowledge *knowledge, const json_t *row,
			      const char *language, int wanted, GError **error)
{
	const json_t *asked = json_object_get(row, "asked"), *text;
	gsize i;

	json_array_foreach(asked, i, text)
	{
		Question *question = g_new0(Question, 1);

		question->language = g_strdup(language);
		question->wanted = wanted;
		g_ptr_array_add(knowledge->questions, question);
		if (!json_is_string(text)) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "expected a list of texts as \"asked\"");
			return FALSE;
		}
		if (!tokens_make(set, "query: ", json_string_value(text), &question->tokens, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean add_row(const TuneSet *set, Knowledge *knowledge, const json_t *row, GError **error)
{
	const char *kind = json_member_string(row, "kind"),
		   *language = json_member_string(row, "language");

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		const char *title, *body;
		g_autofree char *both = NULL;
		Passage *passage;

		if (g_strcmp0(kind, kinds[i].kind) != 0 || !language)
			continue;
		if (!kinds[i].title)
			return add_questions(set, knowledge, row, language, -1, error);
		title = json_member_string(row, kinds[i].title);
		body = json_member_string(row, kinds[i].body);
		if (!title || !body)
			break;
		passage = g_new0(Passage, 1);
		passage->language = g_strdup(language);
		g_ptr_array_add(knowledge->passages, passage);
		both = g_strdup_printf("%s\n%s", title, body);
		return tokens_make(set, "query: ", title, &passage->views[0], error) &&
		       tokens_make(set, "passage: ", both, &passage->views[1], error) &&
		       add_questions(set, knowledge, row, language,
				     (int)knowledge->passages->len - 1, error);
	}
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "expected \"kind\" faq, passage or unanswerable, with \"language\" and the "
		    "texts that belong to it");
	return FALSE;
}

gboolean tune_set_add(TuneSet *set, const char *file, GError **error)
{
	g_autofree char *text = input_load(file, 0, NULL, error);
	g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;
	Knowledge *knowledge;

	if (!lines)
		return FALSE;
	knowledge = g_new0(Knowledge, 1);
	knowledge->passages = g_ptr_array_new_with_free_func(passage_free);
	knowledge->questions = g_ptr_array_new_with_free_func(question_free);
	g_ptr_array_add(set->knowledges, knowledge);
	for (guint i = 0; lines[i]; i++) {
		g_autoptr(json_t) row = NULL;

		if (!*g_strstrip(lines[i]))
			continue;
		row = json_parse(lines[i], strlen(lines[i]), error);
		if (!row || !add_row(set, knowledge, row, error)) {
			g_prefix_error(error, "%s:%u:1: ", file, i + 1);
			return FALSE;
		}
	}
	return TRUE;
}

guint tune_set_knowledges(const TuneSet *set)
{
	return set->knowledges->len;
}

guint tune_set_questions(const TuneSet *set)
{
	guint n = 0;

	for (guint i = 0; i < set->knowledges->len; i++)
		n += ((Knowledge *)set->knowledges->pdata[i])->questions->len;
	return n;
}

static void tokens_forward(FinetuneTeam *team, const Tokens *const *texts, guint n, float *vectors)
{
	g_autofree Sequence *sequences = g_new(Sequence, n + 1);

	for (guint i = 0; i < n; i++)
		sequences[i] = (Sequence){texts[i]->ids, texts[i]->n};
	finetune_team_forward(team, sequences, n, vectors);
}

/* ---- a step -------------------------------------------------------------------------------------- */

static void shuffle(GArray *numbers, GRand *chance)
{
	for (guint i = numbers->len; i > 1; i--) {
		guint j = (guint)g_rand_int_range(chance, 0, (gint32)i);
		guint swap = g_array_index(numbers, guint, i - 1);

		g_array_index(numbers, guint, i - 1) = g_array_index(numbers, guint, j);
		g_array_index(numbers, guint, j) = swap;
	}
}

typedef struct {
	GPtrArray *texts; /* Tokens: questions, then the views of the passages */
	GArray *wanted;	  /* guint a question */
	GArray *chosen;	  /* guint: passages of the step */
	guint n_questions;
} Batch;

static void batch_clear(Batch *batch)
{
	g_clear_pointer(&batch->texts, g_ptr_array_unref);
	g_clear_pointer(&batch->wanted, g_array_unref);
	g_clear_pointer(&batch->chosen, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Batch, batch_clear)

static void batch_passages(Batch *batch, const Knowledge *knowledge, const char *language,
			   GRand *chance)
{
	g_autoptr(GArray) strangers = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < knowledge->passages->len; i++) {
		const Passage *passage = knowledge->passages->pdata[i];

		g_array_append_val(
			g_str_equal(passage->language, language) ? batch->chosen : strangers, i);
	}
	shuffle(strangers, chance);
	for (guint i = 0; i < MIN(strangers->len, (guint)STEP_STRANGERS); i++)
		g_array_append_val(batch->chosen, g_array_index(strangers, guint, i));
}

static void batch_questions(Batch *batch, const Knowledge *knowledge, const char *language,
			    GRand *chance)
{
	g_autoptr(GArray) can = g_array_new(FALSE, FALSE, sizeof(guint));
	g_autoptr(GArray) cannot = g_array_new(FALSE, FALSE, sizeof(guint));
	guint most[] = {STEP_ANSWERABLE, STEP_UNANSWERABLE};
	GArray *lists[] = {can, cannot};

	for (guint i = 0; i < knowledge->questions->len; i++) {
		const Question *question = knowledge->questions->pdata[i];

		if (g_str_equal(question->language, language))
			g_array_append_val(lists[question->wanted < 0], i);
	}
	for (int k = 0; k < 2; k++) {
		shuffle(lists[k], chance);
		for (guint i = 0; i < MIN(lists[k]->len, most[k]); i++) {
			Question *question =
				knowledge->questions->pdata[g_array_index(lists[k], guint, i)];
			guint wanted = batch->chosen->len;

			for (guint j = 0; question->wanted >= 0 && j < batch->chosen->len; j++)
				if (g_array_index(batch->chosen, guint, j) ==
				    (guint)question->wanted)
					wanted = j;
			g_ptr_array_add(batch->texts, &question->tokens);
			g_array_append_val(batch->wanted, wanted);
		}
	}
	batch->n_questions = batch->texts->len;
}

static void batch_make(Batch *batch, const Knowledge *knowledge, const char *language,
		       GRand *chance)
{
	batch->texts = g_ptr_array_new();
	batch->wanted = g_array_new(FALSE, FALSE, sizeof(guint));
	batch->chosen = g_array_new(FALSE, FALSE, sizeof(guint));
	batch_passages(batch, knowledge, language, chance);
	batch_questions(batch, knowledge, language, chance);
	for (int view = 0; view < N_VIEWS; view++)
		for (guint i = 0; i < batch->chosen->len; i++) {
			Passage *passage =
				knowledge->passages->pdata[g_array_index(batch->chosen, guint, i)];

			g_ptr_array_add(batch->texts, &passage->views[view]);
		}
}

/* passages (n x 384) = mean of the views, of unit length; lengths (n) before that. */
static void views_join(const float *views, gsize n, float *passages, float *lengths)
{
	for (gsize p = 0; p < n; p++) {
		float *vector = passages + p * MODEL, square = 0;

		for (gsize i = 0; i < MODEL; i++) {
			vector[i] = 0;
			for (gsize v = 0; v < N_VIEWS; v++)
				vector[i] += views[(v * n + p) * MODEL + i];
			square += vector[i] * vector[i];
		}
		lengths[p] = sqrtf(square);
		for (gsize i = 0; i < MODEL; i++)
			vector[i] /= lengths[p];
	}
}

/* d_views = what d_passages mean for each view. */
static void views_part(const float *passages, const float *lengths, const float *d_passages,
		       gsize n, float *d_views)
{
	for (gsize p = 0; p < n; p++) {
		const float *vector = passages + p * MODEL, *d = d_passages + p * MODEL;
		float along = 0;

		for (gsize i = 0; i < MODEL; i++)
			along += d[i] * vector[i];
		for (gsize v = 0; v < N_VIEWS; v++)
			for (gsize i = 0; i < MODEL; i++)
				d_views[(v * n + p) * MODEL + i] =
					(d[i] - along * vector[i]) / lengths[p];
	}
}

/* What is learnt: the corrections and two constants of the loss. gradient ends with those two. */
static ContrastResult step_gradient(FinetuneTeam *team, const Batch *batch, const Adapter *adapter,
				    float *gradient)
{
	gsize n = batch->texts->len, n_passages = batch->chosen->len;
	g_autofree float *vectors = g_new(float, n *MODEL);
	g_autofree float *d_vectors = g_new(float, n *MODEL);
	g_autofree float *passages = g_new(float, n_passages *MODEL + 1);
	g_autofree float *d_passages = g_new(float, n_passages *MODEL + 1);
	g_autofree float *lengths = g_new(float, n_passages + 1);
	gsize views_at = batch->n_questions * (gsize)MODEL;
	Contrast contrast = {.questions = vectors,
			     .passages = passages,
			     .n_questions = batch->n_questions,
			     .n_passages = n_passages,
			     .n_dimensions = MODEL,
			     .wanted = (const guint *)(gpointer)batch->wanted->data,
			     .scale = adapter->scale,
			     .offset = adapter->offset};
	ContrastResult result;

	tokens_forward(team, (const Tokens *const *)batch->texts->pdata, (guint)n, vectors);
	views_join(vectors + views_at, n_passages, passages, lengths);
	result = contrast_loss(&contrast, d_vectors, d_passages);
	views_part(passages, lengths, d_passages, n_passages, d_vectors + views_at);
	finetune_team_backward(team, d_vectors, gradient);
	return result;
}

static gsize batch_room(const TuneSet *set)
{
	gsize most = 0;

	for (guint k = 0; k < set->knowledges->len; k++) {
		const Knowledge *knowledge = set->knowledges->pdata[k];
		gsize n = 0;

		for (guint i = 0; i < knowledge->passages->len; i++)
			for (int v = 0; v < N_VIEWS; v++)
				n += ((Passage *)knowledge->passages->pdata[i])->views[v].n;
		most = MAX(most, n);
	}
	return most + (STEP_ANSWERABLE + STEP_UNANSWERABLE) * 64 + 2 * MAX_TOKENS;
}

static double rate_at(const TuneOptions *options, guint step, guint n_steps)
{
	double warm = MIN(1.0, (step + 1) / (double)WARM_UP);

	return options->rate * warm * (0.05 + 0.95 * 0.5 * (1 + cos(G_PI * step / n_steps)));
}

/* The order of an epoch: every language of every knowledge once. */
static GArray *epoch_order(const TuneSet *set, GRand *chance)
{
	GArray *order = g_array_new(FALSE, FALSE, sizeof(guint));

	for (guint i = 0; i < 2 * set->knowledges->len; i++)
		g_array_append_val(order, i);
	shuffle(order, chance);
	return order;
}

typedef struct {
	const TuneSet *set;
	const TuneOptions *options;
	FinetuneTeam *team;
	Adapter *adapter;
	Adam *adam, *constants;
	float *gradient, *mean; /* n; mean: of the values over the last steps */
	GRand *chance;
	guint n_done, n_all;
} Training;

/* What is kept is a running mean of the values: it does better on knowledge never seen than the last
 * step's [Izmailov et al. 2018]. */
static void remember(Training *t)
{
	float share = 1 / MIN((float)t->n_done + 1, (float)MEAN_STEPS);

	for (gsize i = 0; i < t->adapter->n; i++)
		t->mean[i] += share * (t->adapter->values[i] - t->mean[i]);
}

static ContrastResult train_step(Training *t, guint number)
{
	static const char *const languages[] = {"zh", "en"};
	g_auto(Batch) batch = {0};
	double rate = rate_at(t->options, t->n_done, t->n_all);
	ContrastResult result;
	float values[2], slopes[2];

	batch_make(&batch, t->set->knowledges->pdata[number / 2], languages[number % 2], t->chance);
	if (!batch.n_questions || !batch.chosen->len)
		return (ContrastResult){0};
	result = step_gradient(t->team, &batch, t->adapter, t->gradient);
	adam_step(t->adam, t->adapter->values, t->gradient, rate);
	remember(t);
	/* the scale moves by its logarithm, so that it stays positive */
	values[0] = logf(t->adapter->scale), values[1] = t->adapter->offset;
	slopes[0] = result.d_scale * t->adapter->scale, slopes[1] = result.d_offset;
	adam_step(t->constants, values, slopes, rate);
	t->adapter->scale = expf(values[0]), t->adapter->offset = values[1];
	return result;
}

static void train(Training *t, TuneProgress progress, gpointer data)
{
	gboolean going = TRUE;

	for (guint epoch = 0; going && epoch < t->options->n_epochs; epoch++) {
		g_autoptr(GArray) order = epoch_order(t->set, t->chance);

		for (guint i = 0; going && i < order->len; i++) {
			ContrastResult result = train_step(t, g_array_index(order, guint, i));

			t->n_done++;
			going = progress(t->n_done, t->n_all, result.loss, result.accuracy, data);
		}
	}
}

Adapter *tune_train(const TuneSet *set, const TuneOptions *options, TuneProgress progress,
		    gpointer data, GError **error)
{
	const WeightsShape *shape = weights_shape(set->weights);
	g_autoptr(Adapter) adapter = NULL;
	g_autoptr(Adam) adam = NULL;
	g_autoptr(Adam) constants = adam_new(2, 1e9);
	g_autofree float *gradient = NULL;
	g_autofree float *mean = NULL;
	g_autoptr(FinetuneTeam) team = NULL;
	Training training = {.set = set, .options = options};

	if (options->first_layer >= shape->n_layers || !set->knowledges->len) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "expected some knowledge and a first layer below %u", shape->n_layers);
		return NULL;
	}
	adapter = adapter_new(options->first_layer, shape->n_layers, options->rank,
			      shape->n_feed_forward, options->seed);
	adam = adam_new(adapter->n, 1);
	gradient = g_new(float, adapter->n);
	mean = g_memdup2(adapter->values, adapter->n * sizeof(float));
	team = finetune_team_new(set->weights, adapter, batch_room(set), error);
	if (!team)
		return NULL;
	training.team = team;
	training.adapter = adapter, training.adam = adam, training.constants = constants;
	training.gradient = gradient, training.mean = mean;
	training.n_all = options->n_epochs * 2 * set->knowledges->len;
	training.chance = g_rand_new_with_seed((guint32)options->seed);
	train(&training, progress, data);
	g_rand_free(training.chance);
	memcpy(adapter->values, mean, adapter->n * sizeof(float));
	return g_steal_pointer(&adapter);
}

/* ---- measuring ----------------------------------------------------------------------------------- */

/* The vectors of any number of texts, in portions that fit the machine. */
static void encode_all(FinetuneTeam *team, GPtrArray *texts, float *vectors)
{
	for (guint first = 0, n; first < texts->len; first += n) {
		gsize tokens = 0;

		for (n = 0; first + n < texts->len; n++) {
			tokens += ((Tokens *)texts->pdata[first + n])->n;
			if (tokens > MEASURE_TOKENS)
				break;
		}
		tokens_forward(team, (const Tokens *const *)texts->pdata + first, n,
			       vectors + (gsize)first * MODEL);
	}
}

typedef struct {
	float score;
	gboolean answerable, right;
} Judged;

static void knowledge_judge(FinetuneTeam *team, const Knowledge *knowledge, GArray *judged)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	gsize nq = knowledge->questions->len, np = knowledge->passages->len;
	g_autofree float *vectors = g_new(float, (nq + N_VIEWS * np) * MODEL + 1);
	g_autofree float *passages = g_new(float, np *MODEL + 1);
	g_autofree float *lengths = g_new(float, np + 1);

	for (gsize i = 0; i < nq; i++)
		g_ptr_array_add(texts, &((Question *)knowledge->questions->pdata[i])->tokens);
	for (int v = 0; v < N_VIEWS; v++)
		for (gsize i = 0; i < np; i++)
			g_ptr_array_add(texts,
					&((Passage *)knowledge->passages->pdata[i])->views[v]);
	encode_all(team, texts, vectors);
	views_join(vectors + nq * MODEL, np, passages, lengths);
	for (gsize q = 0; q < nq; q++) {
		const Question *question = knowledge->questions->pdata[q];
		Judged row = {.score = -2, .answerable = question->wanted >= 0};

		for (gsize p = 0; p < np; p++) {
			float score = 0;

			for (gsize i = 0; i < MODEL; i++)
				score += vectors[q * MODEL + i] * passages[p * MODEL + i];
			if (score > row.score) {
				row.score = score;
				row.right = question->wanted == (int)p;
			}
		}
		g_array_append_val(judged, row);
	}
}

static int judged_lower(gconstpointer a, gconstpointer b)
{
	const Judged *x = a, *y = b;

	return (x->score > y->score) - (x->score < y->score);
}

static void metrics_of(GArray *judged, TuneMetrics *metrics)
{
	double below = 0, wins = 0;
	guint n_right = 0, n_answered = 0;

	memset(metrics, 0, sizeof(*metrics));
	g_array_sort(judged, judged_lower);
	for (guint i = 0; i < judged->len; i++) {
		const Judged *row = &g_array_index(judged, Judged, i);

		metrics->n_answerable += row->answerable;
		metrics->n_unanswerable += !row->answerable;
	}
	for (guint i = 0; i < judged->len; i++) {
		const Judged *row = &g_array_index(judged, Judged, i);

		if (!row->answerable) {
			below++;
			continue;
		}
		wins += below;
		n_right += row->right;
		n_answered += row->right && below >= 0.8 * metrics->n_unanswerable;
	}
	if (metrics->n_answerable) {
		metrics->first = n_right / (double)metrics->n_answerable;
		metrics->answered = n_answered / (double)metrics->n_answerable;
	}
	if (metrics->n_answerable && metrics->n_unanswerable)
		metrics->auc = wins / metrics->n_answerable / metrics->n_unanswerable;
}

gboolean tune_measure(const TuneSet *set, const Adapter *adapter, TuneMetrics *ret_metrics,
		      GError **error)
{
	const WeightsShape *shape = weights_shape(set->weights);
	g_autoptr(Adapter) none = adapter ? NULL
					  : adapter_new(shape->n_layers - 1, shape->n_layers, 1,
							shape->n_feed_forward, 0);
	g_autoptr(GArray) judged = g_array_new(FALSE, FALSE, sizeof(Judged));
	g_autoptr(FinetuneTeam) team = finetune_team_new(set->weights, adapter ? adapter : none,
							 MEASURE_TOKENS + MAX_TOKENS, error);

	if (!team)
		return FALSE;
	for (guint k = 0; k < set->knowledges->len; k++)
		knowledge_judge(team, set->knowledges->pdata[k], judged);
	metrics_of(judged, ret_metrics);
	return TRUE;
}
