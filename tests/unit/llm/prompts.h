/* The prompts of the tree as assets, for tests that run without the binary that carries them; and a
 * provider that says what it is told. */
#pragma once

#include <string.h>

#include "base/asset.h"
#include "base/error.h"
#include "llm/llm.h"

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(((const Asset *)a)->name, ((const Asset *)b)->name);
}

/* Registers them; the array must live as long as they are used. */
static GArray *prompts_register(void)
{
	static const char *const files[] = {"task.json", "zh.txt",   "zh.input",
					    "en.txt",	 "en.input", "grammar.gbnf"};
	g_autoptr(GDir) folder = g_dir_open(ZHIYIN_SOURCE_DIR "/prompts", 0, NULL);
	GArray *assets = g_array_new(FALSE, TRUE, sizeof(Asset));
	const char *name;

	g_assert_nonnull(folder);
	while ((name = g_dir_read_name(folder)))
		for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
			g_autofree char *path = g_build_filename(ZHIYIN_SOURCE_DIR, "prompts", name,
								 files[i], NULL);
			char *data = NULL;
			gsize n = 0;
			Asset asset = {.etag = ""};

			if (!g_file_get_contents(path, &data, &n, NULL))
				continue;
			asset.name = g_strconcat("prompts/", name, "/", files[i], NULL);
			asset.data = (const guint8 *)data;
			asset.n_bytes = n;
			g_array_append_val(assets, asset);
		}
	g_array_sort(assets, by_name);
	asset_register((const Asset *)(gpointer)assets->data, assets->len);
	return assets;
}

static void prompts_free(GArray *assets)
{
	for (guint i = 0; i < assets->len; i++) {
		const Asset *asset = &g_array_index(assets, Asset, i);

		g_free((gpointer)(guintptr)asset->name);
		g_free((gpointer)(guintptr)asset->data);
	}
	asset_register(NULL, 0);
	g_array_unref(assets);
}

/* ---- a model that says one thing ------------------------------------------------------------- */

typedef struct {
	const char *text;
	gsize size; /* of a piece */
	LlmEnd end;
	gboolean fails;
	char *fixed, *input; /* of the last call */
	guint max_tokens, n_stops;
	char *last_stop;
	gint64 deadline_us;
} Parrot;

static gboolean parrot_generate(gpointer self, const LlmRequest *request, LlmPiece piece,
				gpointer data, LlmUsage *ret_usage, GError **error)
{
	Parrot *parrot = self;
	gsize n = strlen(parrot->text);

	g_free(parrot->fixed);
	g_free(parrot->input);
	parrot->fixed = g_strdup(request->fixed);
	parrot->input = g_strdup(request->input);
	parrot->max_tokens = request->max_tokens;
	g_clear_pointer(&parrot->last_stop, g_free);
	for (parrot->n_stops = 0; request->stop[parrot->n_stops]; parrot->n_stops++)
		;
	parrot->last_stop = g_strdup(request->stop[parrot->n_stops - 1]);
	parrot->deadline_us = request->deadline_us;
	*ret_usage = (LlmUsage){.end = parrot->end, .n_prompt = 7, .n_generated = 3};
	for (gsize at = 0; at < n; at += parrot->size)
		if (!piece(parrot->text + at, MIN(parrot->size, n - at), data)) {
			ret_usage->end = LLM_END_CANCELLED;
			return TRUE;
		}
	if (parrot->fails)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "gone");
	return !parrot->fails;
}

static void parrot_info(gpointer self, LlmInfo *ret_info)
{
	(void)self;
	ret_info->model = g_strdup("parrot");
	ret_info->ready = TRUE;
}

static void parrot_free(gpointer self)
{
	Parrot *parrot = self;

	g_free(parrot->fixed);
	g_free(parrot->input);
	g_free(parrot->last_stop);
}

static const LlmProvider parrot_provider = {"scripted", parrot_generate, parrot_info, parrot_free,
					    NULL};
