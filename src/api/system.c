/* Health, metrics, the description of the interface, the widget's settings, and asking the bot
 * without a conversation. */
#include <string.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/error.h"
#include "bot/texts.h"
#include "crm/knowledge.h"
#include "crm/organisation.h"
#include "crm/schema.h"

#ifndef ZHIYIN_COMMIT
#define ZHIYIN_COMMIT "unknown"
#endif

static gboolean health_get(ApiCall *call, GError **error)
{
	(void)error;
	g_string_assign(call->out, "{\"status\":\"ok\"}");
	return TRUE;
}

static gboolean ready_get(ApiCall *call, GError **error)
{
	g_autofree char *trouble = store_trouble(call->api->store);

	if (trouble) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "%s", trouble);
		return FALSE;
	}
	g_string_assign(call->out, "{\"status\":\"ready\"}");
	return TRUE;
}

static void metric(GString *out, const char *name, const char *type, const char *help,
		   const char *labels, guint64 value)
{
	if (type)
		g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
	g_string_append_printf(out, "%s%s %" G_GUINT64_FORMAT "\n", name, labels, value);
}

static gboolean metrics_get(ApiCall *call, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	HttpCounts counts = {0};

	(void)error;
	if (call->api->server)
		counts = http_server_counts(call->api->server);
	metric(out, "zhiyin_http_connections", "gauge", "Open connections.", "",
	       counts.n_connections);
	metric(out, "zhiyin_http_streams", "gauge", "Open event streams.", "", counts.n_streams);
	metric(out, "zhiyin_http_refused_total", "counter",
	       "Requests refused before a handler saw them.", "", counts.n_refused);
	for (int i = 1; i <= 5; i++) {
		g_autofree char *labels = g_strdup_printf("{class=\"%dxx\"}", i);

		metric(out, "zhiyin_http_responses_total", i == 1 ? "counter" : NULL,
		       "Answered requests.", labels, counts.n_responses[i]);
	}
	metric(out, "zhiyin_bot_waiting", "gauge", "Conversations that wait for the bot.", "",
	       bot_service_n_waiting(call->api->bot));
	http_respond(call->exchange, 200, "text/plain; version=0.0.4; charset=utf-8",
		     g_string_free_to_bytes(g_steal_pointer(&out)));
	call->answered = TRUE;
	return TRUE;
}

/* Who is known sees the objects of his organisation, others those that come with the program. */
static gboolean openapi_get(ApiCall *call, GError **error)
{
	gboolean known = access_check(&call->principal, "records:read", NULL);
	g_autoptr(GPtrArray) objects =
		known ? schema_objects(call->db, call->principal.org_id, error) : NULL;
	g_autofree char *own = objects ? api_openapi(objects, error) : NULL;

	if (known && !own)
		return FALSE;
	g_string_assign(call->out, own ? own : call->api->openapi);
	return TRUE;
}

static gboolean version_get(ApiCall *call, GError **error)
{
	JsonWriter w = json_writer(call->out);

	(void)error;
	json_object_begin(&w, NULL);
	json_put_string(&w, "version", ZHIYIN_VERSION);
	json_put_string(&w, "commit", ZHIYIN_COMMIT);
	json_object_end(&w);
	return TRUE;
}

static gboolean widget_config_get(ApiCall *call, GError **error)
{
	const char *asked = http_query(call->exchange, "language");
	const char *language = g_strcmp0(asked, "en") == 0 ? "en" : "zh";
	g_autoptr(Organisation) organisation =
		organisation_get(call->db, call->principal.org_id, error);
	g_autoptr(GPtrArray) suggestions = NULL;
	JsonWriter w = json_writer(call->out);

	if (!organisation)
		return FALSE;
	suggestions = knowledge_suggestions(call->db, organisation->id, language, 3, error);
	if (!suggestions)
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_string(&w, "name", organisation->name);
	json_put_string(&w, "language", language);
	json_put_string(&w, "greeting", bot_text(BOT_TEXT_WIDGET_GREETING, language));
	json_put_string(&w, "ai_notice", bot_text(BOT_TEXT_AI_NOTICE, language));
	json_array_begin(&w, "suggestions");
	for (guint i = 0; i < suggestions->len; i++)
		json_put_string(&w, NULL, g_ptr_array_index(suggestions, i));
	json_array_end(&w);
	json_put_bool(&w, "open_now", organisation_open_at(organisation, clock_now_ms()));
	json_put_raw(&w, "languages", "[\"zh\",\"en\"]");
	json_object_end(&w);
	return TRUE;
}

/* The member of a turn, otherwise if it has none; NULL: it is no string, or the turn no object. */
static const char *of_turn(const json_t *turn, const char *name, const char *otherwise)
{
	const json_t *member = json_object_get(turn, name);

	if (!json_is_object(turn))
		return NULL;
	return member && !json_is_null(member) ? json_string_value(member) : otherwise;
}

/* [{"role"?, "text"?}, ...] onto history: role, text, role, text ... */
static gboolean take_turns(const json_t *turns, GPtrArray *history, GError **error)
{
	const json_t *turn;
	gsize i;

	if (turns && !json_is_null(turns) && !json_is_array(turns)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%s must be a list",
			    "history");
		return FALSE;
	}
	json_array_foreach(turns, i, turn)
	{
		const char *role = of_turn(turn, "role", "customer");
		const char *text = of_turn(turn, "text", "");

		if (!role || !text) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "history %u: an object of strings is expected: role, text",
				    (guint)i + 1);
			return FALSE;
		}
		g_ptr_array_add(history, (gpointer)(guintptr)role);
		g_ptr_array_add(history, (gpointer)(guintptr)text);
	}
	return TRUE;
}

static gboolean ask_post(ApiCall *call, GError **error)
{
	const char *question;
	AnswerRequest request = {0};
	g_autoptr(Answer) answer = NULL;
	g_autoptr(GPtrArray) history = g_ptr_array_new();
	JsonWriter w = json_writer(call->out);

	if (!call_string(call, "question", &question, error))
		return FALSE;
	if (!question || !*question) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "question is missing");
		return FALSE;
	}
	if (!take_turns(json_object_get(call->body, "history"), history, error))
		return FALSE;
	request.org_id = call->principal.org_id;
	request.question = question;
	request.history = history;
	answer = answer_ask(bot_service_engine(call->api->bot), &request, error);
	if (!answer)
		return FALSE;
	json_object_begin(&w, NULL);
	answer_write_members(answer, &w);
	json_object_end(&w);
	return TRUE;
}

const HttpRoute system_routes[] = {
	{"GET", "/healthz", "health", "The process is up", "public", API_DIRECT, 0, NULL, "Health",
	 200, NULL, health_get, NULL},
	{"GET", "/readyz", "ready", "It can serve", "public", API_DIRECT, 0, NULL, "Health", 200,
	 NULL, ready_get, NULL},
	{"GET", "/metrics", "metrics", "Counters for Prometheus", "public", API_DIRECT, 0, NULL,
	 NULL, 200, NULL, metrics_get, NULL},
	{"GET", "/api/v1/openapi.json", "openapi", "This description", "public", API_READ, 0, NULL,
	 NULL, 200, NULL, openapi_get, NULL},
	{"GET", "/api/v1/version", "version", "Which program this is", "public", API_DIRECT, 0,
	 NULL, "Version", 200, NULL, version_get, NULL},
	{"GET", "/api/v1/widget/config", "widget_config", "What the chat widget shows first",
	 "public", API_READ, 0, NULL, "WidgetConfig", 200, "language:string", widget_config_get,
	 NULL},
	{"POST", "/api/v1/ask", "ask", "Ask the bot without a conversation", "staff", API_MODEL,
	 65536, "Question", "Answer", 200, NULL, ask_post, NULL},
};
const gsize n_system_routes = G_N_ELEMENTS(system_routes);
