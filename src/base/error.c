/* The error list as an array. One place answers "which status, which exit code". */
#include "base/error.h"

G_DEFINE_QUARK(zhiyin - error, zhiyin_error)

static const ErrorKind kinds[] = {
#define ERROR_ROW(name, slug, http_status, exit_code, title, title_zh) \
	{slug, http_status, exit_code, title, title_zh},
#include "base/error.def"
#undef ERROR_ROW
};

const ErrorKind *error_kind(const GError *error)
{
	if (error->domain == ZHIYIN_ERROR && error->code >= 0 && error->code < ZHIYIN_N_ERRORS)
		return &kinds[error->code];
	return &kinds[ZHIYIN_ERROR_INTERNAL];
}
