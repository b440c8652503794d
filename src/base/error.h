/*
 * The one list of errors (error.def) and the GError domain over it.
 * A message is fit for a customer: it says what, where and what to do, and holds no personal data.
 * Threads: all functions are pure. Does not log: errors are logged once, at the top (api, cli,
 * worker).
 */
#pragma once

#include <glib.h>

typedef enum {
#define ERROR_ROW(name, slug, http_status, exit_code, title, title_zh) ZHIYIN_ERROR_##name,
#include "base/error.def"
#undef ERROR_ROW
	ZHIYIN_N_ERRORS
} ZhiyinError;

#define ZHIYIN_ERROR (zhiyin_error_quark())
GQuark zhiyin_error_quark(void);

typedef struct {
	const char *slug;
	int http_status;
	int exit_code;
	const char *title, *title_zh;
} ErrorKind;

/* The row of an error; errors of other domains (I/O of GLib) are INTERNAL. NULL is not allowed. */
const ErrorKind *error_kind(const GError *error);
