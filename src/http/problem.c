/* Problem documents (RFC 9457). Apart from exchange.c because this is all that http knows of the
 * error list. */
#include "base/error_text.h"
#include "base/json.h"
#include "http/http.h"

static void put_fault(JsonWriter *w, const char *path, const char *message, Reader reader)
{
	g_autofree char *text = error_text(message, reader);

	json_object_begin(w, NULL);
	json_put_string(w, "path", path);
	json_put_string(w, "message", text);
	json_object_end(w);
}

void http_respond_problem(HttpExchange *x, const GError *error, const char *const *paths)
{
	const ErrorKind *kind = error_kind(error);
	Reader reader = reader_of(http_header(x, "Accept-Language"));
	g_autofree char *detail = error_detail(error, reader);
	GString *out = g_string_sized_new(256);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "type", "about:blank");
	json_put_string(&w, "title", error_title(kind, reader));
	json_put_int(&w, "status", kind->http_status);
	json_put_string(&w, "detail", detail);
	json_put_string(&w, "code", kind->slug);
	json_put_string(&w, "request_id", http_request_id(x));
	json_array_begin(&w, "errors");
	for (gsize i = 0; paths && paths[i] && paths[i + 1]; i += 2)
		put_fault(&w, paths[i], paths[i + 1], reader);
	json_array_end(&w);
	json_object_end(&w);
	http_add_header(x, "Content-Language", reader_language(reader));
	http_respond(x, kind->http_status, "application/problem+json", g_string_free_to_bytes(out));
}
