/* Thin on purpose: each function is one or two calls of llama.cpp, and what it does not promise (room
 * for logits, a window that has moved on, the whole vocabulary under a grammar) is made sure here. */
#include "llm/llama.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#ifndef ZHIYIN_LLAMA

struct Llama {
	int none;
};

gboolean llama_is_built_in(void)
{
	return FALSE;
}

Llama *llama_open(int fd, const LlamaOptions *options, GError **error)
{
	(void)fd;
	(void)options;
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "this program was built without llama.cpp: no local model "
			    "(./dev build fetches and builds it when it can)");
	return NULL;
}

void llama_close(Llama *llama)
{
	(void)llama;
}

const EngineModel *llama_engine_model(const Llama *llama)
{
	(void)llama;
	return NULL;
}

void llama_set_threads(Llama *llama, guint n_threads)
{
	(void)llama;
	(void)n_threads;
}

#else

#include <llama.h>

enum { NOTE_BYTES = 256 };

struct Llama {
	EngineModel functions;
	struct llama_model *model;
	struct llama_context *context;
	const struct llama_vocab *vocabulary;
	struct llama_batch batch;
	llama_token_data *all; /* room for the whole vocabulary; NULL until it is needed */
	guint n_window;	       /* of sliding attention; 0: none */
	char note[NOTE_BYTES]; /* llama.cpp's last error */
};

gboolean llama_is_built_in(void)
{
	return TRUE;
}

static void keep_note(enum ggml_log_level level, const char *text, void *data)
{
	Llama *llama = data;

	if (level != GGML_LOG_LEVEL_ERROR)
		return;
	g_strlcpy(llama->note, text, sizeof(llama->note));
	g_strdelimit(llama->note, "\r\n\t", ' ');
}

/* ---- the functions of the table -------------------------------------------------------------- */

static gint tokenize(gpointer self, const char *text, gsize n_bytes, gboolean begin, gint32 *tokens,
		     guint max)
{
	const Llama *llama = self;
	gint n;

	if (!n_bytes && !begin)
		return 0;
	if (n_bytes > G_MAXINT32 || max > G_MAXINT32)
		return -1;
	n = llama_tokenize(llama->vocabulary, text, (int32_t)n_bytes, tokens, (int32_t)max, begin,
			   FALSE);
	return n < 0 ? -1 : n;
}

static gsize piece(gpointer self, gint32 token, char *bytes, gsize max)
{
	const Llama *llama = self;
	gint n = llama_token_to_piece(llama->vocabulary, token, bytes, (int32_t)max, 0, FALSE);

	return n > 0 ? (gsize)n : 0;
}

static gboolean is_end(gpointer self, gint32 token)
{
	const Llama *llama = self;

	return llama_vocab_is_eog(llama->vocabulary, token);
}

static gboolean decode(gpointer self, const EngineToken *tokens, guint n)
{
	Llama *llama = self;
	struct llama_batch *batch = &llama->batch;

	for (guint i = 0; i < n; i++) {
		batch->token[i] = tokens[i].token;
		batch->pos[i] = (llama_pos)tokens[i].position;
		batch->n_seq_id[i] = 1;
		batch->seq_id[i][0] = (llama_seq_id)tokens[i].sequence;
		batch->logits[i] = (int8_t)tokens[i].wants_logits;
	}
	batch->n_tokens = (int32_t)n;
	return llama_decode(llama->context, *batch) == 0;
}

static const float *logits(gpointer self, guint i)
{
	Llama *llama = self;

	return llama_get_logits_ith(llama->context, (int32_t)i);
}

/* With sliding attention the model forgets what lies before the window: a shortened sequence is whole
 * only when the window before its new end is still there. */
static gboolean keep(gpointer self, guint sequence, guint n_keep)
{
	Llama *llama = self;
	llama_memory_t memory = llama_get_memory(llama->context);
	llama_seq_id id = (llama_seq_id)sequence;

	if (n_keep && llama_memory_seq_rm(memory, id, (llama_pos)n_keep, -1)) {
		llama_pos first = llama_memory_seq_pos_min(memory, id);
		llama_pos needed =
			(llama_pos)(n_keep > llama->n_window ? n_keep - llama->n_window : 0);

		if (first >= 0 && (!llama->n_window || first <= needed))
			return TRUE;
	}
	llama_memory_seq_rm(memory, id, -1, -1);
	return n_keep == 0;
}

static GBytes *save(gpointer self, guint sequence, gsize max_bytes)
{
	Llama *llama = self;
	gsize n = llama_state_seq_get_size(llama->context, (llama_seq_id)sequence);
	g_autofree guint8 *state = n && n <= max_bytes ? g_try_malloc(n) : NULL;

	if (!state ||
	    llama_state_seq_get_data(llama->context, state, n, (llama_seq_id)sequence) != n)
		return NULL;
	return g_bytes_new_take(g_steal_pointer(&state), n);
}

static gboolean restore(gpointer self, guint sequence, GBytes *state)
{
	Llama *llama = self;
	gsize n;
	const guint8 *bytes = g_bytes_get_data(state, &n);

	if (llama_state_seq_set_data(llama->context, bytes, n, (llama_seq_id)sequence) > 0)
		return TRUE;
	keep(self, sequence, 0);
	return FALSE;
}

static gpointer grammar_new(gpointer self, const char *gbnf)
{
	const Llama *llama = self;

	return llama_sampler_init_grammar(llama->vocabulary, gbnf, "root");
}

static void grammar_free(gpointer self, gpointer grammar)
{
	(void)self;
	llama_sampler_free(grammar);
}

static void grammar_mask(gpointer self, gpointer grammar, SampleCandidate *candidates, guint n)
{
	llama_token_data data[SAMPLE_TOP];
	llama_token_data_array array = {data, MIN(n, (guint)SAMPLE_TOP), -1, FALSE};

	(void)self;
	for (gsize i = 0; i < array.size; i++)
		data[i] = (llama_token_data){candidates[i].token, candidates[i].logit, 0};
	llama_sampler_apply(grammar, &array);
	for (gsize i = 0; i < array.size; i++)
		candidates[i] = (SampleCandidate){data[i].id, data[i].logit};
}

static void grammar_accept(gpointer self, gpointer grammar, gint32 token)
{
	(void)self;
	llama_sampler_accept(grammar, token);
}

static guint grammar_top(gpointer self, gpointer grammar, const float *values, SampleCandidate *top,
			 guint n_top)
{
	Llama *llama = self;
	guint n = llama->functions.n_tokens;
	g_autofree float *allowed = g_new(float, n);
	llama_token_data_array array;

	if (!llama->all)
		llama->all = g_new(llama_token_data, n);
	for (guint i = 0; i < n; i++)
		llama->all[i] = (llama_token_data){(llama_token)i, values[i], 0};
	array = (llama_token_data_array){llama->all, n, -1, FALSE};
	llama_sampler_apply(grammar, &array);
	for (guint i = 0; i < n; i++)
		allowed[i] = -INFINITY;
	for (gsize i = 0; i < array.size; i++)
		allowed[array.data[i].id] = array.data[i].logit;
	return sample_top(allowed, n, top, n_top);
}

/* ---- opening --------------------------------------------------------------------------------- */

static gboolean open_model(Llama *llama, int fd, GError **error)
{
	struct llama_model_params params = llama_model_default_params();
	int copy = dup(fd);
	FILE *file = copy >= 0 ? fdopen(copy, "rb") : NULL;

	if (!file) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "model file: %s",
			    g_strerror(errno));
		return FALSE;
	}
	rewind(file); /* the position is the descriptor's, which may have been read from before */
	params.n_gpu_layers = 0;
	params.load_mode = LLAMA_LOAD_MODE_MMAP;
	llama->model = llama_model_load_from_file_ptr(file, params);
	fclose(file);
	if (llama->model)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "llama.cpp does not take it: %s",
		    *llama->note ? llama->note : "it says not why");
	return FALSE;
}

static gboolean open_context(Llama *llama, const LlamaOptions *options, GError **error)
{
	struct llama_context_params params = llama_context_default_params();
	gint n_known = llama_model_n_ctx_train(llama->model);
	guint n_context = MIN(options->n_context, (guint)MAX(n_known, 1));

	params.n_ctx = n_context * ENGINE_SLOTS;
	params.n_seq_max = ENGINE_SLOTS;
	params.n_batch = params.n_ubatch = ENGINE_BATCH;
	params.n_outputs_max = ENGINE_SLOTS;
	params.n_threads = params.n_threads_batch = (int32_t)options->n_threads;
	params.kv_unified = FALSE;
	params.swa_full = FALSE;
	params.no_perf = TRUE;
	llama->context = llama_init_from_model(llama->model, params);
	if (!llama->context) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "no room for a context of %u tokens: %s", n_context, llama->note);
		return FALSE;
	}
	llama->batch = llama_batch_init(ENGINE_BATCH, 0, 1);
	llama->n_window = (guint)MAX(llama_model_n_swa(llama->model), 0);
	llama->vocabulary = llama_model_get_vocab(llama->model);
	llama->functions.n_tokens = (guint)llama_vocab_n_tokens(llama->vocabulary);
	llama->functions.n_context = MIN(n_context, llama_n_ctx_seq(llama->context));
	return TRUE;
}

Llama *llama_open(int fd, const LlamaOptions *options, GError **error)
{
	g_autoptr(Llama) llama = g_new0(Llama, 1);

	llama->functions = (EngineModel){.tokenize = tokenize,
					 .piece = piece,
					 .is_end = is_end,
					 .decode = decode,
					 .logits = logits,
					 .keep = keep,
					 .save = save,
					 .restore = restore,
					 .grammar_new = grammar_new,
					 .grammar_free = grammar_free,
					 .grammar_mask = grammar_mask,
					 .grammar_accept = grammar_accept,
					 .grammar_top = grammar_top};
	llama_log_set(keep_note, llama);
	llama_backend_init();
	if (!open_model(llama, fd, error) || !open_context(llama, options, error))
		return NULL;
	return g_steal_pointer(&llama);
}

void llama_close(Llama *llama)
{
	if (!llama)
		return;
	if (llama->context) {
		llama_batch_free(llama->batch);
		llama_free(llama->context);
	}
	if (llama->model)
		llama_model_free(llama->model);
	llama_log_set(NULL, NULL);
	llama_backend_free();
	g_free(llama->all);
	g_free(llama);
}

const EngineModel *llama_engine_model(const Llama *llama)
{
	return &llama->functions;
}

void llama_set_threads(Llama *llama, guint n_threads)
{
	llama_set_n_threads(llama->context, (int32_t)n_threads, (int32_t)n_threads);
}

#endif
