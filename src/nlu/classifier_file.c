/* The file of a classifier. What is read is not trusted: every extent is checked against the file's size before
 * anything is allocated, and the hash at its end before that. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "nlu/classifier_private.h"

enum { MAGIC_BYTES = 4, HASH_BYTES = 32, MAX_LABELS = 100000 };
static const char magic[] = "ZYC1";

/* ---- writing ------------------------------------------------------------------------------------- */

static void put(GByteArray *out, const void *bytes, gsize n)
{
	if (n)
		g_byte_array_append(out, bytes, (guint)n);
}

static void put_linear(GByteArray *out, const FeatureTable *features, const Linear *linear)
{
	guint n = features_size(features), n_outputs = linear->n_outputs;
	g_autofree guint32 *keys = g_new(guint32, n + 1);
	g_autofree float *idf = g_new(float, n + 1);
	g_autofree float *scales = g_new(float, n + 1);
	g_autofree gint8 *weights = g_new(gint8, ((gsize)n + 1) * n_outputs);

	for (guint f = 0; f < n; f++) {
		keys[f] = features_key(features, f);
		idf[f] = features_idf(features, f);
	}
	for (gsize f = 0; f <= n; f++) {
		const float *w = linear->weights + f * n_outputs;
		float most = 0;

		for (guint o = 0; o < n_outputs; o++)
			most = MAX(most, fabsf(w[o]));
		scales[f] = most / 127;
		for (guint o = 0; o < n_outputs; o++)
			weights[f * n_outputs + o] =
				most > 0 ? (gint8)lroundf(w[o] / scales[f]) : 0;
	}
	put(out, keys, n * sizeof *keys);
	put(out, idf, n * sizeof *idf);
	put(out, scales, ((gsize)n + 1) * sizeof *scales);
	put(out, weights, ((gsize)n + 1) * n_outputs);
}

static void put_head(GByteArray *out, const Head *head)
{
	put(out, head->mean, head->n_in * sizeof(float));
	put(out, head->inverse, head->n_in * sizeof(float));
	put(out, head->values, head->n * sizeof(float));
}

static void write_calibration(const Calibration *calibration, JsonWriter *w)
{
	json_array_begin(w, "scale");
	for (guint v = 0; v < calibration->n_views; v++)
		json_put_double(w, NULL, calibration->scale[v]);
	json_array_end(w);
	json_array_begin(w, "bias");
	for (guint k = 0; k < calibration->n_classes; k++)
		json_put_double(w, NULL, calibration->bias[k]);
	json_array_end(w);
}

static void write_cascade(const Classifier *c, JsonWriter *w)
{
	if (!c->quick)
		return;
	json_object_begin(w, "cascade");
	write_calibration(c->quick, w);
	json_put_double(w, "sure", c->sure);
	json_object_end(w);
}

static char *card_write(const Classifier *c, const char *metrics_json)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "task", c->task);
	json_put_int(&w, "version", 1);
	json_array_begin(&w, "views");
	for (guint v = 0; v < N_CLASSIFIER_VIEWS; v++)
		if (c->views & 1U << v)
			json_put_string(&w, NULL, classifier_view_name(v));
	json_array_end(&w);
	json_array_begin(&w, "labels");
	for (guint i = 0; i < c->labels->len; i++)
		json_put_string(&w, NULL, c->labels->pdata[i]);
	json_array_end(&w);
	json_put_int(&w, "rows", c->n_rows);
	json_put_string(&w, "data_sha256", c->data_sha256);
	if (c->teacher_sha256) {
		json_put_int(&w, "unlabelled", c->n_unlabelled);
		json_put_string(&w, "teacher_data_sha256", c->teacher_sha256);
	}
	json_put_int(&w, "seed", c->seed);
	if (c->oos)
		json_put_double(&w, "oos_threshold", c->threshold);
	write_calibration(c->calibration, &w);
	write_cascade(c, &w);
	if (c->cost > 0)
		json_put_double(&w, "cost", c->cost);
	json_put_int(&w, "features", c->features ? features_size(c->features) : 0);
	json_put_int(&w, "hidden", c->head ? c->head->n_hidden : 0);
	json_put_int(&w, "adapter_bytes", c->adapter ? c->adapter->len : 0);
	json_put_raw(&w, "held_out", c->held_out);
	json_put_raw(&w, "metrics", metrics_json);
	json_object_end(&w);
	return g_string_free(out, FALSE);
}

GByteArray *classifier_format(const Classifier *c, const char *metrics_json)
{
	g_autofree char *card = card_write(c, metrics_json);
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	GByteArray *out = g_byte_array_new();
	guint32 n_card = (guint32)strlen(card);
	guint8 hash[HASH_BYTES];
	gsize n_hash = sizeof hash;

	g_assert(!c->without);
	put(out, magic, MAGIC_BYTES);
	put(out, &n_card, sizeof n_card);
	put(out, card, n_card);
	if (c->linear)
		put_linear(out, c->features, c->linear);
	if (c->head)
		put_head(out, c->head);
	if (c->tuned_head)
		put_head(out, c->tuned_head);
	if (c->adapter)
		put(out, c->adapter->data, c->adapter->len);
	g_checksum_update(sum, out->data, out->len);
	g_checksum_get_digest(sum, hash, &n_hash);
	put(out, hash, sizeof hash);
	return out;
}

/* ---- reading ------------------------------------------------------------------------------------- */

typedef struct {
	const guint8 *at, *end;
} Source;

/* The next n items of size bytes; NULL when there are not so many. */
static const void *take(Source *source, gsize n, gsize size)
{
	const guint8 *at = source->at;
	gsize n_bytes;

	if (!g_size_checked_mul(&n_bytes, n, size) || n_bytes > (gsize)(source->end - at))
		return NULL;
	source->at += n_bytes;
	return at;
}

/* The same as numbers of their own, since blocks need not lie on their boundaries. */
static void *take_copy(Source *source, gsize n, gsize size)
{
	const void *at = take(source, n, size);

	return at ? g_memdup2(at, MAX(n * size, 1)) : NULL;
}

static gboolean all_finite(const float *values, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return FALSE;
	return TRUE;
}

static gboolean take_linear(Classifier *c, Source *source, gsize n)
{
	g_autofree guint32 *keys = take_copy(source, n, sizeof(guint32));
	g_autofree float *idf = keys ? take_copy(source, n, sizeof(float)) : NULL;
	g_autofree float *scales = idf ? take_copy(source, n + 1, sizeof(float)) : NULL;
	guint n_outputs = c->labels->len == 2 ? 1 : c->labels->len;
	const gint8 *weights = scales ? take(source, n + 1, n_outputs) : NULL;

	if (!weights || !all_finite(idf, n) || !all_finite(scales, n + 1))
		return FALSE;
	c->features = features_restore(keys, idf, (guint)n);
	c->linear = linear_new(c->labels->len, (guint)n, 0);
	for (gsize f = 0; f <= n; f++)
		for (guint o = 0; o < n_outputs; o++)
			c->linear->weights[f * n_outputs + o] =
				weights[f * n_outputs + o] * scales[f];
	return c->features != NULL;
}

static gboolean take_floats(Source *source, float *values, gsize n)
{
	const void *at = take(source, n, sizeof(float));

	if (at)
		memcpy(values, at, n * sizeof(float));
	return at && all_finite(values, n);
}

static Head *take_head(const Classifier *c, Source *source, gsize n_hidden)
{
	g_autoptr(Head) head = NULL;
	gsize n = head_size(ENCODER_DIMENSIONS, (guint)n_hidden, c->labels->len);

	if ((n + 2 * (gsize)ENCODER_DIMENSIONS) * sizeof(float) > (gsize)(source->end - source->at))
		return NULL;
	head = head_new(ENCODER_DIMENSIONS, (guint)n_hidden, c->labels->len, 0);
	return take_floats(source, head->mean, head->n_in) &&
			       take_floats(source, head->inverse, head->n_in) &&
			       take_floats(source, head->values, head->n)
		       ? g_steal_pointer(&head)
		       : NULL;
}

static gboolean read_labels(Classifier *c, const json_t *card)
{
	const json_t *labels = json_object_get(card, "labels"), *label;
	gsize i;

	json_array_foreach(labels, i, label)
	{
		if (!json_is_string(label) || i > MAX_LABELS ||
		    (i && strcmp(c->labels->pdata[i - 1], json_string_value(label)) >= 0))
			return FALSE;
		g_ptr_array_add(c->labels, g_strdup(json_string_value(label)));
	}
	return c->labels->len > 1;
}

static gboolean read_views(Classifier *c, const json_t *card)
{
	const json_t *views = json_object_get(card, "views"), *view;
	gsize i;

	json_array_foreach(views, i, view)
	{
		guint bits = json_is_string(view)
				     ? classifier_views_parse(json_string_value(view), NULL)
				     : 0;

		if (!bits || (c->views & bits))
			return FALSE;
		c->views |= bits;
	}
	return c->views != 0;
}

/* NULL when it is not for so many views and labels. */
static Calibration *read_calibration(const json_t *from, guint n_views, guint n_labels)
{
	const json_t *scale = json_object_get(from, "scale"), *bias = json_object_get(from, "bias");
	Calibration *calibration;

	if (json_array_size(scale) != n_views || json_array_size(bias) != n_labels)
		return NULL;
	calibration = calibration_new(n_views, n_labels);
	for (guint v = 0; v < n_views; v++)
		calibration->scale[v] = json_number_value(json_array_get(scale, v));
	for (guint k = 0; k < n_labels; k++)
		calibration->bias[k] = json_number_value(json_array_get(bias, k));
	return calibration;
}

/* Models of before have no cascade; one of n-grams alone, or without them, can have none. */
static gboolean read_calibrations(Classifier *c, const json_t *card)
{
	const json_t *cascade = json_object_get(card, "cascade");
	guint n_views = classifier_n_views(c);

	c->calibration = read_calibration(card, n_views, c->labels->len);
	if (!cascade)
		return c->calibration != NULL;
	if (n_views < 2 || !(c->views & 1U << VIEW_GRAMS))
		return FALSE;
	c->quick = read_calibration(cascade, 1, c->labels->len);
	c->sure = json_number_value(json_object_get(cascade, "sure"));
	return c->calibration && c->quick;
}

static gboolean read_card(Classifier *c, const char *text, gsize n, json_t **ret_card,
			  GError **error)
{
	const json_t *threshold;

	*ret_card = json_parse(text, n, error);
	if (!*ret_card)
		return FALSE;
	c->card = g_strndup(text, n);
	c->task = g_strdup(json_member_string(*ret_card, "task"));
	c->data_sha256 = g_strdup(json_member_string(*ret_card, "data_sha256"));
	c->seed = (guint32)json_integer_value(json_object_get(*ret_card, "seed"));
	c->n_rows = (guint)json_integer_value(json_object_get(*ret_card, "rows"));
	threshold = json_object_get(*ret_card, "oos_threshold");
	c->oos = json_is_number(threshold);
	c->threshold = json_number_value(threshold);
	if (!c->task || !read_labels(c, *ret_card) || !read_views(c, *ret_card) ||
	    !read_calibrations(c, *ret_card))
		return FALSE;
	c->oos_label = c->oos ? labels_find(c->labels, CLASSIFIER_OOS) : -1;
	return TRUE;
}

static gsize count_of(const json_t *card, const char *key)
{
	gint64 n = json_integer_value(json_object_get(card, key));

	return n < 0 || n > G_MAXINT32 ? G_MAXINT32 : (gsize)n;
}

static gboolean read_blocks(Classifier *c, const json_t *card, Source *source)
{
	if ((c->views & 1U << VIEW_GRAMS) && !take_linear(c, source, count_of(card, "features")))
		return FALSE;
	if ((c->views & 1U << VIEW_VECTORS) &&
	    !(c->head = take_head(c, source, count_of(card, "hidden"))))
		return FALSE;
	if (c->views & 1U << VIEW_TUNED) {
		gsize n = count_of(card, "adapter_bytes");
		const guint8 *bytes;

		c->tuned_head = take_head(c, source, 0);
		bytes = c->tuned_head ? take(source, n, 1) : NULL;
		if (!bytes)
			return FALSE;
		c->adapter = g_byte_array_new();
		g_byte_array_append(c->adapter, bytes, (guint)n);
	}
	return source->at == source->end;
}

static gboolean hash_agrees(const guint8 *bytes, gsize n)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 hash[HASH_BYTES];
	gsize n_hash = sizeof hash;

	g_checksum_update(sum, bytes, (gssize)(n - HASH_BYTES));
	g_checksum_get_digest(sum, hash, &n_hash);
	return memcmp(hash, bytes + n - HASH_BYTES, HASH_BYTES) == 0;
}

Classifier *classifier_parse(const guint8 *bytes, gsize n, GError **error)
{
	g_autoptr(Classifier) c = g_new0(Classifier, 1);
	g_autoptr(json_t) card = NULL;
	g_autoptr(GError) cause = NULL;
	guint32 n_card = 0;
	Source source;

	c->labels = g_ptr_array_new_with_free_func(g_free);
	if (n < MAGIC_BYTES + sizeof n_card + HASH_BYTES ||
	    memcmp(bytes, magic, MAGIC_BYTES) != 0) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "this is not a classifier (zhiyin train makes them)");
		return NULL;
	}
	source = (Source){bytes + MAGIC_BYTES + sizeof n_card, bytes + n - HASH_BYTES};
	memcpy(&n_card, bytes + MAGIC_BYTES, sizeof n_card);
	if (hash_agrees(bytes, n) && n_card <= (gsize)(source.end - source.at)) {
		source.at += n_card;
		if (read_card(c, (const char *)bytes + MAGIC_BYTES + sizeof n_card, n_card, &card,
			      &cause) &&
		    read_blocks(c, card, &source))
			return g_steal_pointer(&c);
	}
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "the classifier is damaged; train it again or fetch it anew");
	return NULL;
}

Classifier *classifier_open(const char *path, GError **error)
{
	g_autoptr(GMappedFile) file = NULL;
	g_autoptr(GError) cause = NULL;
	Classifier *c;

	file = g_mapped_file_new(path, FALSE, &cause);
	if (!file) {
		g_set_error(error, ZHIYIN_ERROR,
			    g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT)
				    ? ZHIYIN_ERROR_NOT_FOUND
				    : ZHIYIN_ERROR_FORBIDDEN,
			    "%s", cause->message);
		return NULL;
	}
	c = classifier_parse((const guint8 *)g_mapped_file_get_contents(file),
			     g_mapped_file_get_length(file), error);
	if (!c)
		g_prefix_error(error, "%s: ", path);
	return c;
}
