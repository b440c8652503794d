/* The index of each organisation and the encoder are shared and lazy. */
#include "bot/engine.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/asset.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"

#define CORRECTIONS "models/retrieval.bin"
#define DEFAULT_ENCODER_BYTES 71622400

enum { ENCODING_MAX = 2 };

struct AnswerEngine {
	Store *store;
	char *encoder_path, *encoder_name;
	char *encoding; /* the weights and their corrections */
	KnowledgeEncoder knowledge_encoder;
	const Tasks *_Atomic tasks;
	Llm *_Atomic llm; /* NULL: no model */
	guint n_threads;
	gint64 idle_ms;
	GMutex index_lock;
	GHashTable *indexes;  /* org_id -> RetrievalIndex */
	GRWLock encoder_lock; /* readers use the encoder, the writer opens or closes it */
	Encoder *encoder;
	gboolean encoder_failed;
	_Atomic gint64 encoder_used_us;
	GMutex turn_lock; /* of n_encoding */
	GCond turn;
	guint n_encoding; /* texts that are being encoded, at most ENCODING_MAX */
};

static gboolean encode_knowledge(const char *const *texts, gsize n, gboolean as_questions,
				 float *vectors, gpointer data, GError **error);

static gint64 file_size(const char *path)
{
	GStatBuf status;

	return path && g_stat(path, &status) == 0 ? (gint64)status.st_size : -1;
}

/* The corrections that travel in the binary belong to the default weights: others do without. */
static const Asset *corrections_for(const char *encoder_path)
{
	return file_size(encoder_path) == DEFAULT_ENCODER_BYTES ? asset_find(CORRECTIONS) : NULL;
}

/* Size and corrections tell weights apart well enough; a file that is replaced by another of its
 * size must be registered anew anyway. */
static char *encoding_name(const char *encoder_path)
{
	const Asset *corrections = corrections_for(encoder_path);
	gint64 size = file_size(encoder_path);

	if (size < 0)
		return NULL;
	return g_strdup_printf("%" G_GINT64_FORMAT "%s%s", size, corrections ? "+" : "",
			       corrections ? corrections->etag : "");
}

/* "/models/e5-small-q4.bin" -> "e5-small-q4" */
static char *name_of(const char *path)
{
	char *name = path ? g_path_get_basename(path) : NULL;
	char *dot = name ? strrchr(name, '.') : NULL;

	if (dot && dot > name)
		*dot = '\0';
	return name;
}

static void index_unref_pointer(gpointer index)
{
	index_unref(index);
}

AnswerEngine *answer_engine_new(Store *store, const char *encoder_path, guint n_threads,
				gint64 idle_ms)
{
	AnswerEngine *engine = g_new0(AnswerEngine, 1);

	engine->store = store;
	engine->encoder_path = g_strdup(encoder_path);
	engine->encoder_name = name_of(encoder_path);
	engine->encoding = encoding_name(encoder_path);
	engine->knowledge_encoder = (KnowledgeEncoder){encode_knowledge, engine, engine->encoding};
	engine->n_threads = n_threads;
	engine->idle_ms = idle_ms;
	g_mutex_init(&engine->index_lock);
	g_rw_lock_init(&engine->encoder_lock);
	g_mutex_init(&engine->turn_lock);
	g_cond_init(&engine->turn);
	engine->indexes =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, index_unref_pointer);
	return engine;
}

void answer_engine_free(AnswerEngine *engine)
{
	if (!engine)
		return;
	g_hash_table_unref(engine->indexes);
	g_clear_pointer(&engine->encoder, encoder_free);
	g_mutex_clear(&engine->index_lock);
	g_rw_lock_clear(&engine->encoder_lock);
	g_mutex_clear(&engine->turn_lock);
	g_cond_clear(&engine->turn);
	g_free(engine->encoder_path);
	g_free(engine->encoder_name);
	g_free(engine->encoding);
	g_free(engine);
}

void answer_engine_tick(AnswerEngine *engine)
{
	if (clock_monotonic_us() - engine->encoder_used_us < engine->idle_ms * 1000 ||
	    !g_rw_lock_writer_trylock(&engine->encoder_lock))
		return;
	g_clear_pointer(&engine->encoder, encoder_free);
	g_rw_lock_writer_unlock(&engine->encoder_lock);
}

static Encoder *engine_encoder_new(const AnswerEngine *engine, GError **error)
{
	const Asset *corrections = corrections_for(engine->encoder_path);
	g_autoptr(Encoder) encoder = encoder_open(engine->encoder_path, engine->n_threads, error);

	if (encoder && corrections &&
	    !encoder_correct(encoder, corrections->data, corrections->n_bytes, error))
		return NULL;
	return g_steal_pointer(&encoder);
}

static void engine_open_encoder(AnswerEngine *engine)
{
	g_autoptr(GError) error = NULL;

	g_rw_lock_writer_lock(&engine->encoder_lock);
	if (!engine->encoder && !engine->encoder_failed) {
		engine->encoder = engine_encoder_new(engine, &error);
		engine->encoder_failed = engine->encoder == NULL;
		if (error)
			log_event(LOG_WARNING, "encoder_missing", "error", 'e', error, NULL);
	}
	g_rw_lock_writer_unlock(&engine->encoder_lock);
}

/* More at once would be no faster, and each needs memory of its own. */
static void turn_take(AnswerEngine *engine)
{
	g_mutex_lock(&engine->turn_lock);
	while (engine->n_encoding >= ENCODING_MAX)
		g_cond_wait(&engine->turn, &engine->turn_lock);
	engine->n_encoding++;
	g_mutex_unlock(&engine->turn_lock);
}

static void turn_end(AnswerEngine *engine)
{
	g_mutex_lock(&engine->turn_lock);
	engine->n_encoding--;
	g_cond_signal(&engine->turn);
	g_mutex_unlock(&engine->turn_lock);
}

static gsize count_tokens(const Encoder *encoder, EncoderPrefix prefix, const char *const *texts,
			  gsize n)
{
	gsize n_tokens = 0;

	for (gsize i = 0; i < n; i++)
		n_tokens += encoder_count(encoder, prefix, texts[i]);
	return n_tokens;
}

/* Until the lock is given back nobody releases the encoder, which is there if it can be. */
static void encoder_hold(AnswerEngine *engine)
{
	g_rw_lock_reader_lock(&engine->encoder_lock);
	if (!engine->encoder && engine->encoder_path && !engine->encoder_failed) {
		g_rw_lock_reader_unlock(&engine->encoder_lock);
		engine_open_encoder(engine);
		g_rw_lock_reader_lock(&engine->encoder_lock);
	}
}

/* ret_n_tokens may be NULL. */
static gboolean engine_encode(AnswerEngine *engine, EncoderPrefix prefix, const char *const *texts,
			      gsize n, float *vectors, gsize *ret_n_tokens, GError **error)
{
	gboolean ok = FALSE;

	if (!engine->encoder_path || engine->encoder_failed)
		return FALSE;
	turn_take(engine);
	encoder_hold(engine);
	if (engine->encoder)
		ok = encoder_encode(engine->encoder, prefix, texts, n, vectors, error);
	if (ok && ret_n_tokens)
		*ret_n_tokens = count_tokens(engine->encoder, prefix, texts, n);
	engine->encoder_used_us = clock_monotonic_us();
	g_rw_lock_reader_unlock(&engine->encoder_lock);
	turn_end(engine);
	return ok;
}

static gsize count_pieces(const char *word, gpointer encoder)
{
	return encoder_count(encoder, ENCODER_PLAIN, word) - 2; /* without bos and eos */
}

char *answer_engine_spell(AnswerEngine *engine, const RetrievalIndex *index, const char *question)
{
	char *right = NULL;

	if (!index_has_vectors(index))
		return NULL;
	encoder_hold(engine);
	if (engine->encoder)
		right = spelling_correct(index_vocabulary(index), question, count_pieces,
					 engine->encoder);
	g_rw_lock_reader_unlock(&engine->encoder_lock);
	return right;
}

gboolean answer_engine_embed(AnswerEngine *engine, EncoderPrefix prefix, const char *const *texts,
			     gsize n, float *vectors, gsize *ret_n_tokens, GError **error)
{
	gboolean ok = engine_encode(engine, prefix, texts, n, vectors, ret_n_tokens, error);

	if (!ok && error && !*error)
		g_set_error(
			error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			"the encoder's weights are missing (zhiyin model add FILE registers them)");
	return ok;
}

static gboolean encode_knowledge(const char *const *texts, gsize n, gboolean as_questions,
				 float *vectors, gpointer data, GError **error)
{
	return answer_engine_embed(data, as_questions ? ENCODER_QUERY : ENCODER_PASSAGE, texts, n,
				   vectors, NULL, error);
}

const char *answer_engine_encoder_name(const AnswerEngine *engine)
{
	return engine->encoder_name;
}

const KnowledgeEncoder *answer_engine_encoder(const AnswerEngine *engine)
{
	return &engine->knowledge_encoder;
}

/* The index of the present knowledge: built anew when the version has moved. */
RetrievalIndex *answer_engine_index(AnswerEngine *engine, const char *org_id, GError **error)
{
	g_autoptr(Db) db = db_begin_read(engine->store, error);
	gint64 version = db ? knowledge_version(db, org_id, error) : -1;
	g_autoptr(GMutexLocker) locked = NULL;
	RetrievalIndex *index;

	if (version < 0)
		return NULL;
	locked = g_mutex_locker_new(&engine->index_lock);
	(void)locked;
	index = g_hash_table_lookup(engine->indexes, org_id);
	if (!index || index_version(index) != version) {
		index = index_build(db, org_id, engine->encoding, error);
		if (!index)
			return NULL;
		g_hash_table_replace(engine->indexes, g_strdup(org_id), index);
	}
	return index_ref(index);
}

void answer_engine_set_model(AnswerEngine *engine, const Tasks *tasks, Llm *llm)
{
	engine->tasks = tasks;
	engine->llm = llm;
}

void answer_engine_prepare(AnswerEngine *engine)
{
	llm_prepare(engine->llm);
}

gboolean answer_engine_encode(AnswerEngine *engine, const char *question, float *vector,
			      GError **error)
{
	return engine_encode(engine, ENCODER_QUERY, &question, 1, vector, NULL, error);
}

Llm *answer_engine_model(const AnswerEngine *engine, const Tasks **ret_tasks)
{
	*ret_tasks = engine->tasks;
	return engine->llm;
}
