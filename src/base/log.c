/* JSON lines on standard error. The only mutable globals of the program live here: level and
 * process name. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

static _Atomic int minimum = LOG_INFO;
static const char *process_name = "zhiyin";
static GPrivate request = G_PRIVATE_INIT(g_free);

void log_set_level(LogLevel level)
{
	atomic_store(&minimum, (int)level);
}

void log_set_process(const char *name)
{
	process_name = name;
}

void log_set_request(const char *request_id)
{
	g_private_replace(&request, g_strdup(request_id));
}

static void put_field(JsonWriter *w, const char *key, int type, va_list *args)
{
	const GError *error;

	switch (type) {
	case 's':
		json_put_string(w, key, va_arg(*args, const char *));
		break;
	case 'i':
		json_put_int(w, key, va_arg(*args, gint64));
		break;
	case 'd':
		json_put_double(w, key, va_arg(*args, double));
		break;
	case 'e':
		error = va_arg(*args, const GError *);
		json_put_string(w, key, error ? error_kind(error)->slug : NULL);
		json_put_string(w, "message", error ? error->message : NULL);
		break;
	default:
		g_assert_not_reached();
	}
}

void log_event(LogLevel level, const char *event, ...)
{
	static const char *const names[] = {"debug", "info", "warning", "error"};
	g_autoptr(GString) line = NULL;
	const char *key;
	JsonWriter w;
	va_list args;

	if ((int)level < atomic_load(&minimum))
		return;
	line = g_string_sized_new(256);
	w = json_writer(line);
	json_object_begin(&w, NULL);
	json_put_time(&w, "at", clock_now_ms());
	json_put_string(&w, "level", names[level]);
	json_put_string(&w, "process", process_name);
	if (g_private_get(&request))
		json_put_string(&w, "request_id", g_private_get(&request));
	json_put_string(&w, "event", event);
	va_start(args, event);
	while ((key = va_arg(args, const char *))) {
		int type = va_arg(args, int);

		put_field(&w, key, type, &args);
	}
	va_end(args);
	json_object_end(&w);
	g_string_append_c(line, '\n');
	if (write(STDERR_FILENO, line->str, line->len) < 0)
		return; /* nowhere left to tell */
}
