/* Problem documents (RFC 9457). Apart from exchange.c because this is all that http knows of the
 * error list. */
#include "base/error.h"
#include "base/json.h"
#include "http/http.h"

void http_respond_problem(HttpExchange *x, const GError *error, const char *const *paths)
{
	const ErrorKind *kind = error_kind(error);
	GString *out = g_string_sized_new(256);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "type", "about:blank");
	json_put_string(&w, "title", kind->title);
	json_put_int(&w, "status", kind->http_status);
	/* Messages of other domains (GLib's I/O) name files of ours. */
	json_put_string(&w, "detail", error->domain == ZHIYIN_ERROR ? error->message : kind->title);
	json_put_string(&w, "code", kind->slug);
	json_put_string(&w, "request_id", http_request_id(x));
	json_array_begin(&w, "errors");
	for (gsize i = 0; paths && paths[i] && paths[i + 1]; i += 2) {
		json_object_begin(&w, NULL);
		json_put_string(&w, "path", paths[i]);
		json_put_string(&w, "message", paths[i + 1]);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	http_respond(x, kind->http_status, "application/problem+json", g_string_free_to_bytes(out));
}
