/*
 * Rows of like length are put into one batch (lengths are sorted within stretches of some batches), batches are
 * taken in random order. What is kept is a running mean of the values over the last steps, which does better on
 * rows never seen than the last step's [Izmailov et al. 2018]; the best epoch by the loss of the held-out rows
 * wins.
 */
#include "nlu/tuned.h"

#include <math.h>
#include <string.h>
#include <sys/uio.h>

#include "base/error.h"
#include "ml/adam.h"
#include "ml/finetune_team.h"
#include "ml/random.h"
#include "ml/tokenizer.h"

#define MODEL WEIGHTS_DIMENSIONS

enum { STRETCH = 32, MEASURE_TOKENS = 4096, TOKENS_PER_S = 1500, HASH_BYTES = 32 };

typedef struct {
	guint n;
	guint32 row;
} Length;

typedef struct {
	const TunedRows *rows;
	const TunedOptions *options;
	Weights *weights;
	GArray *ids;	     /* gint32 of all rows, one after the other */
	Sequence *sequences; /* n */
	FinetuneTeam *team;
	Adapter *adapter;
	Head *head;
	Adam *adapter_adam, *head_adam;
	float *gradient, *head_gradient;
	float *mean, *head_mean; /* of the values over the last steps */
	float *best, *head_best, *held_logits;
	double best_loss;
	guint n_held, n_done, n_all;
	Random random;
	Length *order; /* of the rows learnt from, n_rows */
	guint n_rows, epoch;
	char *checkpoint; /* its path, or NULL */
} Tuning;

static void tuning_clear(Tuning *t)
{
	g_clear_pointer(&t->weights, weights_free);
	g_clear_pointer(&t->ids, g_array_unref);
	g_clear_pointer(&t->team, finetune_team_free);
	g_clear_pointer(&t->adapter, adapter_free);
	g_clear_pointer(&t->head, head_free);
	g_clear_pointer(&t->adapter_adam, adam_free);
	g_clear_pointer(&t->head_adam, adam_free);
	g_free(t->sequences);
	g_free(t->gradient);
	g_free(t->head_gradient);
	g_free(t->mean);
	g_free(t->head_mean);
	g_free(t->best);
	g_free(t->head_best);
	g_free(t->held_logits);
	g_free(t->order);
	g_free(t->checkpoint);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Tuning, tuning_clear)

void tuned_options_default(gsize n_rows, guint n_classes, gint64 budget_s, TunedOptions *options)
{
	double rows_per_s = TOKENS_PER_S / 64.0;
	double affordable = (double)budget_s * rows_per_s / (double)MAX(n_rows, 1);
	double wanted = n_classes > 10 ? 120000.0 / (double)MAX(n_rows, 1)
				       : 30000.0 / (double)MAX(n_rows, 1);

	*options = (TunedOptions){.first_layer = 8,
				  .rank = 16,
				  .n_epochs = (guint)CLAMP(MIN(wanted, affordable), 1, 30),
				  .batch = 32,
				  .rate = 0.001,
				  .head_rate = 0.003,
				  .smoothing = 0.05,
				  .seed = 1};
	if (wanted > 3 && affordable > 3)
		options->n_epochs = MAX(options->n_epochs, 3);
}

/* ---- rows ---------------------------------------------------------------------------------------- */

static gboolean make_sequences(Tuning *t, GError **error)
{
	const WeightsVocabulary *v = weights_vocabulary(t->weights);
	g_autoptr(Tokenizer) tokenizer = tokenizer_new(v);
	g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));
	g_autofree gsize *starts = g_new(gsize, t->rows->n + 1);

	t->ids = g_array_new(FALSE, FALSE, sizeof(gint32));
	t->sequences = g_new(Sequence, t->rows->n + 1);
	for (gsize i = 0; i < t->rows->n; i++) {
		const char *text = t->rows->texts[i];

		g_array_set_size(tokens, 0);
		if (!tokenizer_split(tokenizer, "query: ", text, strlen(text), tokens, error))
			return FALSE;
		starts[i] = t->ids->len;
		g_array_append_val(t->ids, v->bos);
		for (guint k = 0; k < MIN(tokens->len, TUNED_MAX_TOKENS - 2U); k++)
			g_array_append_val(t->ids, g_array_index(tokens, Token, k).id);
		g_array_append_val(t->ids, v->eos);
	}
	starts[t->rows->n] = t->ids->len;
	for (gsize i = 0; i < t->rows->n; i++)
		t->sequences[i] = (Sequence){&g_array_index(t->ids, gint32, starts[i]),
					     (guint)(starts[i + 1] - starts[i])};
	return TRUE;
}

/* Vectors of the rows that are (not) held out, in their order; returns how many. */
static gsize encode_rows(Tuning *t, gboolean held_out, float *vectors, guint *classes)
{
	g_autofree Sequence *some = g_new(Sequence, MEASURE_TOKENS);
	gsize done = 0;
	guint n = 0, n_tokens = 0;

	for (gsize i = 0; i <= t->rows->n; i++) {
		gboolean end = i == t->rows->n;

		if (!end && t->rows->held_out[i] != held_out)
			continue;
		if (n && (end || n_tokens + t->sequences[i].n > MEASURE_TOKENS)) {
			finetune_team_forward(t->team, some, n, vectors + done * MODEL);
			done += n;
			n = n_tokens = 0;
		}
		if (end)
			break;
		classes[done + n] = t->rows->classes[i];
		some[n++] = t->sequences[i];
		n_tokens += t->sequences[i].n;
	}
	return done;
}

/* ---- batches ------------------------------------------------------------------------------------- */

static int by_length(gconstpointer a, gconstpointer b)
{
	const Length *x = a, *y = b;

	return x->n != y->n ? (x->n > y->n) - (x->n < y->n) : (x->row > y->row) - (x->row < y->row);
}

/* The rows of an epoch, in the order in which batches take them. */
static void epoch_order(Tuning *t, Length *order, guint n)
{
	g_autofree guint32 *numbers = g_new(guint32, n + 1);
	g_autofree Length *from = g_memdup2(order, n * sizeof *order);
	guint batch = t->options->batch, n_batches = n / batch;

	for (guint i = 0; i < n; i++)
		numbers[i] = i;
	random_shuffle(&t->random, numbers, n);
	for (guint i = 0; i < n; i++)
		order[i] = from[numbers[i]];
	for (guint first = 0; first < n; first += STRETCH * batch)
		qsort(order + first, MIN(STRETCH * batch, n - first), sizeof *order, by_length);
	for (guint i = 0; i < n_batches; i++)
		numbers[i] = i;
	random_shuffle(&t->random, numbers, n_batches);
	memcpy(from, order, n * sizeof *order);
	for (guint i = 0; i < n_batches; i++)
		memcpy(order + (gsize)i * batch, from + (gsize)numbers[i] * batch,
		       batch * sizeof *order);
}

/* ---- steps --------------------------------------------------------------------------------------- */

static void remember(float *mean, const float *values, gsize n, float share)
{
	for (gsize i = 0; i < n; i++)
		mean[i] += share * (values[i] - mean[i]);
}

static double schedule(const Tuning *t)
{
	double warm = MIN(1.0, (t->n_done + 1) / MAX(0.06 * t->n_all, 1));

	return warm * (0.02 + 0.98 * 0.5 * (1 + cos(G_PI * t->n_done / t->n_all)));
}

static double train_step(Tuning *t, const Length *batch, guint n)
{
	g_autofree Sequence *sequences = g_new(Sequence, n);
	g_autofree guint *classes = g_new(guint, n);
	g_autofree float *vectors = g_new(float, (gsize)n *MODEL);
	g_autofree float *d_vectors = g_new(float, (gsize)n *MODEL);
	double rate = schedule(t), loss;
	float share = 1 / (float)MIN(t->n_done + 1, MAX(t->n_all / 10, 1));

	for (guint i = 0; i < n; i++) {
		sequences[i] = t->sequences[batch[i].row];
		classes[i] = t->rows->classes[batch[i].row];
	}
	finetune_team_forward(t->team, sequences, n, vectors);
	loss = head_loss(t->head, vectors, classes, n, t->rows->weights, t->options->smoothing,
			 t->head_gradient, d_vectors);
	finetune_team_backward(t->team, d_vectors, t->gradient);
	head_decay(t->head, 1e-4, t->head_gradient);
	adam_step(t->adapter_adam, t->adapter->values, t->gradient, t->options->rate * rate);
	adam_step(t->head_adam, t->head->values, t->head_gradient, t->options->head_rate * rate);
	remember(t->mean, t->adapter->values, t->adapter->n, share);
	remember(t->head_mean, t->head->values, t->head->n, share);
	t->n_done++;
	return loss;
}

static void swap(float *a, float *b, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		float kept = a[i];

		a[i] = b[i];
		b[i] = kept;
	}
}

static double loss_of_logits(const float *logits, const guint *classes, gsize n, guint n_classes)
{
	double loss = 0;

	for (gsize r = 0; r < n; r++) {
		const float *row = logits + r * n_classes;
		double sum = 0;

		for (guint c = 0; c < n_classes; c++)
			sum += exp((double)(row[c] - row[classes[r]]));
		loss += log(sum) / (double)n;
	}
	return loss;
}

/* Scores the held-out rows with the means of the values, and keeps those when they are the best so far. */
static void measure(Tuning *t)
{
	g_autofree float *vectors = g_new(float, (gsize)t->n_held *MODEL + 1);
	g_autofree float *logits = g_new(float, (gsize)t->n_held * t->rows->n_classes + 1);
	g_autofree guint *classes = g_new(guint, t->n_held + 1);
	double loss;

	swap(t->adapter->values, t->mean, t->adapter->n);
	swap(t->head->values, t->head_mean, t->head->n);
	encode_rows(t, TRUE, vectors, classes);
	head_logits(t->head, vectors, t->n_held, logits);
	loss = loss_of_logits(logits, classes, t->n_held, t->rows->n_classes);
	if (!t->best || loss <= t->best_loss) {
		t->best_loss = loss;
		g_free(t->best);
		g_free(t->head_best);
		g_free(t->held_logits);
		t->best = g_memdup2(t->adapter->values, t->adapter->n * sizeof(float));
		t->head_best = g_memdup2(t->head->values, t->head->n * sizeof(float));
		t->held_logits = g_steal_pointer(&logits);
	}
	swap(t->adapter->values, t->mean, t->adapter->n);
	swap(t->head->values, t->head_mean, t->head->n);
}

/* ---- checkpoints --------------------------------------------------------------------------------- */

/* All that changes from epoch to epoch; the rest follows from rows and options. */
static GArray *pieces_of(Tuning *t)
{
	gsize n_adapter = t->adapter->n * sizeof(float), n_head = t->head->n * sizeof(float);
	struct iovec all[] = {
		{&t->epoch, sizeof t->epoch},
		{&t->n_done, sizeof t->n_done},
		{&t->best_loss, sizeof t->best_loss},
		{&t->random, sizeof t->random},
		{&t->adapter_adam->n_steps, sizeof t->adapter_adam->n_steps},
		{&t->head_adam->n_steps, sizeof t->head_adam->n_steps},
		{t->adapter_adam->mean, n_adapter},
		{t->adapter_adam->square, n_adapter},
		{t->head_adam->mean, n_head},
		{t->head_adam->square, n_head},
		{t->adapter->values, n_adapter},
		{t->mean, n_adapter},
		{t->best, n_adapter},
		{t->head->values, n_head},
		{t->head_mean, n_head},
		{t->head_best, n_head},
		{t->held_logits, (gsize)t->n_held * t->rows->n_classes * sizeof(float)},
		{t->order, t->n_rows * sizeof *t->order},
	};
	GArray *pieces = g_array_new(FALSE, FALSE, sizeof(struct iovec));

	g_array_append_vals(pieces, all, G_N_ELEMENTS(all));
	return pieces;
}

/* Which rows, options and encoder it is the state of: hexadecimal digits, the caller's. */
static char *key_of(const Tuning *t, GError **error)
{
	const TunedOptions *o = t->options;
	const TunedRows *r = t->rows;
	const guint64 numbers[] = {o->first_layer, o->rank, o->n_epochs, o->batch,
				   o->seed,	   r->n,    r->n_classes};
	const double rates[] = {o->rate, o->head_rate, o->smoothing};
	g_autoptr(GMappedFile) encoder = g_mapped_file_new(r->encoder_path, FALSE, error);
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	if (!encoder)
		return NULL;
	g_checksum_update(sum, (const guchar *)g_mapped_file_get_contents(encoder),
			  (gssize)g_mapped_file_get_length(encoder));
	g_checksum_update(sum, (const guchar *)numbers, sizeof numbers);
	g_checksum_update(sum, (const guchar *)rates, sizeof rates);
	g_checksum_update(sum, (const guchar *)r->classes, (gssize)(r->n * sizeof *r->classes));
	g_checksum_update(sum, (const guchar *)r->held_out, (gssize)(r->n * sizeof *r->held_out));
	if (r->weights)
		g_checksum_update(sum, (const guchar *)r->weights,
				  (gssize)(r->n_classes * sizeof *r->weights));
	for (gsize i = 0; i < r->n; i++)
		g_checksum_update(sum, (const guchar *)r->texts[i],
				  (gssize)strlen(r->texts[i]) + 1);
	return g_strdup(g_checksum_get_string(sum));
}

static void digest(const guint8 *bytes, gsize n, guint8 hash[HASH_BYTES])
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize n_hash = HASH_BYTES;

	g_checksum_update(sum, bytes, (gssize)n);
	g_checksum_get_digest(sum, hash, &n_hash);
}

static gboolean save(Tuning *t, GError **error)
{
	g_autoptr(GArray) pieces = pieces_of(t);
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	guint8 hash[HASH_BYTES];

	for (guint i = 0; i < pieces->len; i++) {
		const struct iovec *piece = &g_array_index(pieces, struct iovec, i);

		if (piece->iov_len)
			g_byte_array_append(bytes, piece->iov_base, (guint)piece->iov_len);
	}
	digest(bytes->data, bytes->len, hash);
	g_byte_array_append(bytes, hash, HASH_BYTES);
	return g_file_set_contents_full(t->checkpoint, (const char *)bytes->data,
					(gssize)bytes->len, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
					error);
}

static gsize size_of(const GArray *pieces)
{
	gsize n = 0;

	for (guint i = 0; i < pieces->len; i++)
		n += g_array_index(pieces, struct iovec, i).iov_len;
	return n;
}

/* What is not there, or not whole, is begun anew. */
static void load(Tuning *t)
{
	g_autofree char *bytes = NULL;
	g_autoptr(GArray) pieces = NULL;
	guint8 hash[HASH_BYTES];
	gsize n, at = 0;

	if (!g_file_get_contents(t->checkpoint, &bytes, &n, NULL))
		return;
	t->best = g_new0(float, t->adapter->n);
	t->head_best = g_new0(float, t->head->n);
	t->held_logits = g_new0(float, (gsize)t->n_held * t->rows->n_classes + 1);
	pieces = pieces_of(t);
	if (n == size_of(pieces) + HASH_BYTES)
		digest((const guint8 *)bytes, n - HASH_BYTES, hash);
	if (n != size_of(pieces) + HASH_BYTES || memcmp(hash, bytes + n - HASH_BYTES, HASH_BYTES)) {
		g_clear_pointer(&t->best, g_free);
		g_clear_pointer(&t->head_best, g_free);
		g_clear_pointer(&t->held_logits, g_free);
		return;
	}
	for (guint i = 0; i < pieces->len; i++) {
		struct iovec *piece = &g_array_index(pieces, struct iovec, i);

		if (piece->iov_len)
			memcpy(piece->iov_base, bytes + at, piece->iov_len);
		at += piece->iov_len;
	}
}

static gboolean open_checkpoint(Tuning *t, GError **error)
{
	g_autofree char *key = t->options->checkpoint ? key_of(t, error) : NULL;

	if (!t->options->checkpoint)
		return TRUE;
	if (!key)
		return FALSE;
	t->checkpoint = g_strdup_printf("%s-%.16s", t->options->checkpoint, key);
	load(t);
	return TRUE;
}

/* ---- epochs -------------------------------------------------------------------------------------- */

static gboolean train_epochs(Tuning *t, GError **error)
{
	guint batch = t->options->batch, n = t->n_rows;
	Length *order = t->order;
	gboolean going = TRUE;

	t->n_all = t->options->n_epochs * ((n + batch - 1) / batch);
	while (going && t->epoch < t->options->n_epochs) {
		epoch_order(t, order, n);
		for (guint first = 0; going && first < n; first += batch) {
			double loss = train_step(t, order + first, MIN(batch, n - first));

			going = !t->options->progress ||
				t->options->progress(t->n_done, t->n_all, loss, t->options->data);
		}
		measure(t);
		t->epoch++;
		if (going && t->checkpoint && !save(t, error))
			return FALSE;
	}
	return TRUE;
}

/* ---- all ----------------------------------------------------------------------------------------- */

/* The head begins at zero: one that has learnt the rows by heart leaves the corrections nothing to do. */
static void standardise(Tuning *t)
{
	gsize n = t->rows->n - t->n_held;
	g_autofree float *vectors = g_new(float, n *MODEL + 1);
	g_autofree guint *classes = g_new(guint, n + 1);
	encode_rows(t, FALSE, vectors, classes);
	head_standardise(t->head, vectors, n);
}

static gboolean begin(Tuning *t, GError **error)
{
	const WeightsShape *shape;

	t->weights = weights_open(t->rows->encoder_path, error);
	if (!t->weights || !make_sequences(t, error))
		return FALSE;
	shape = weights_shape(t->weights);
	if (t->options->first_layer >= shape->n_layers) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "the encoder has only %u layers", shape->n_layers);
		return FALSE;
	}
	t->adapter = adapter_new(t->options->first_layer, shape->n_layers, t->options->rank,
				 shape->n_feed_forward, t->options->seed);
	t->team = finetune_team_new(t->weights, t->adapter,
				    MAX(t->options->batch * TUNED_MAX_TOKENS, MEASURE_TOKENS) +
					    TUNED_MAX_TOKENS,
				    error);
	t->head = head_new(MODEL, 0, t->rows->n_classes, t->options->seed);
	return t->team != NULL;
}

gboolean tuned_train(const TunedRows *rows, const TunedOptions *options, Adapter **ret_adapter,
		     Head **ret_head, float **ret_held_logits, GError **error)
{
	g_auto(Tuning) t = {.rows = rows, .options = options};
	guint n = 0;

	if (!begin(&t, error))
		return FALSE;
	t.order = g_new(Length, rows->n + 1);
	for (gsize i = 0; i < rows->n; i++)
		if (!rows->held_out[i])
			t.order[n++] = (Length){t.sequences[i].n, (guint32)i};
	t.n_rows = n;
	t.n_held = (guint)rows->n - n;
	random_seed(&t.random, options->seed);
	standardise(&t);
	t.adapter_adam = adam_new(t.adapter->n, 1);
	t.head_adam = adam_new(t.head->n, 5);
	t.gradient = g_new(float, t.adapter->n);
	t.head_gradient = g_new(float, t.head->n);
	t.mean = g_memdup2(t.adapter->values, t.adapter->n * sizeof(float));
	t.head_mean = g_memdup2(t.head->values, t.head->n * sizeof(float));
	if (!open_checkpoint(&t, error) || !train_epochs(&t, error))
		return FALSE;
	memcpy(t.adapter->values, t.best, t.adapter->n * sizeof(float));
	memcpy(t.head->values, t.head_best, t.head->n * sizeof(float));
	*ret_adapter = g_steal_pointer(&t.adapter);
	*ret_head = g_steal_pointer(&t.head);
	if (ret_held_logits)
		*ret_held_logits = g_steal_pointer(&t.held_logits);
	return TRUE;
}
