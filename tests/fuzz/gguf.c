/* What our check takes is within its limits, does not reach over the end of the file, is refused when
 * its end is cut off, and is taken by the library's own reader, which says the same of it. */
#include "llm/gguf.h"

#include "base/error.h"
#include "fuzz/fuzz.h"
#ifdef ZHIYIN_LLAMA
#include <gguf.h>

static void check_library(const guint8 *bytes, gsize n, const GgufSummary *summary)
{
	struct gguf_init_params options = {.no_alloc = true, .ctx = NULL};
	struct gguf_context *file = gguf_init_from_buffer(bytes, n, options);

	g_assert_nonnull(file);
	g_assert_cmpuint((guint64)gguf_get_n_tensors(file), ==, summary->n_tensors);
	gguf_free(file);
}
#else
static void check_library(const guint8 *bytes, gsize n, const GgufSummary *summary)
{
	(void)bytes, (void)n, (void)summary;
}
#endif

static void check_summary(const GgufSummary *summary, gsize n)
{
	g_assert_true(g_utf8_validate(summary->architecture, -1, NULL));
	g_assert_true(g_utf8_validate(summary->name, -1, NULL));
	g_assert_cmpuint(summary->n_context - 1, <, GGUF_CONTEXT_MAX);
	g_assert_cmpuint(summary->n_layers - 1, <, GGUF_LAYERS_MAX);
	g_assert_cmpuint(summary->n_width - 1, <, GGUF_WIDTH_MAX);
	g_assert_cmpuint(summary->n_tokens - 1, <, GGUF_ELEMENTS_MAX);
	g_assert_cmpuint(summary->n_tensors - 1, <, GGUF_TENSORS_MAX);
	g_assert_cmpuint(summary->n_tensor_bytes, <, n);
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	g_autoptr(GError) error = NULL;
	GgufSummary summary, cut;

	if (!gguf_check(bytes, n, &summary, &error)) {
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		return 0;
	}
	g_assert_no_error(error);
	check_summary(&summary, n);
	g_assert_false(gguf_check(bytes, summary.n_tensor_bytes, &cut, NULL));
	check_library(bytes, n, &summary);
	return 0;
}
