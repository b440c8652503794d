/* A file that is taken has the size that its head tells, and what is written of it is taken again. */
#include "ml/adapter.h"

#include <math.h>

#include "base/error.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Adapter) adapter = adapter_parse(bytes, n, &error), again = NULL;
	g_autoptr(GByteArray) written = NULL;

	if (!adapter) {
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED);
		return 0;
	}
	g_assert_cmpuint(adapter->n, <, n);
	for (gsize i = 0; i < adapter->n; i++)
		g_assert_true(isfinite(adapter->values[i]));
	written = adapter_format(adapter, "");
	again = adapter_parse(written->data, written->len, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(again->n, ==, adapter->n);
	/* a byte may be -128, which is written as -127 of a scale that is .8 % larger */
	for (gsize i = 0; i < adapter->n; i++)
		g_assert_true(fabsf(again->values[i] - adapter->values[i]) <= 128000.0f / 127);
	return 0;
}
