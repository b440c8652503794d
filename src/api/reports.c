/* Reports: what customers say (crm/voice.h). On threads of their own, since topics may take a second. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "base/error.h"
#include "crm/voice.h"

static Voice call_voice(ApiCall *call)
{
	return (Voice){call->api->store, call->api->voice_cache, &call->principal};
}

static VoiceQuery call_query(const ApiCall *call)
{
	return (VoiceQuery){http_query(call->exchange, "days"), http_query(call->exchange, "from"),
			    http_query(call->exchange, "to"), http_query(call->exchange, "channel"),
			    http_query(call->exchange, "aspect")};
}

static gboolean voice_get(ApiCall *call, GError **error)
{
	Voice voice = call_voice(call);
	VoiceQuery query = call_query(call);

	return voice_write(&voice, &query, call->out, error);
}

static gboolean voice_messages_get(ApiCall *call, GError **error)
{
	Voice voice = call_voice(call);
	VoiceQuery query = call_query(call);
	VoiceSelection selection = {.part = http_query(call->exchange, "part"),
				    .mood = http_query(call->exchange, "mood"),
				    .intent = http_query(call->exchange, "intent"),
				    .topic = http_query(call->exchange, "topic"),
				    .aspect_mood = http_query(call->exchange, "aspect_mood")};

	return call_flag(call, "urgent", &selection.urgent, error) &&
	       call_page(call, 200, &selection.page_size, &selection.page_token, error) &&
	       voice_write_messages(&voice, &query, &selection, call->out, error);
}

/* ---- the workbook -------------------------------------------------------------------------------- */

static gboolean send_file(ApiCall *call, int fd, GError **error)
{
	struct stat state;

	if (fd < 0 || fstat(fd, &state) != 0) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_STORAGE_FULL,
				    "the table could not be written");
		return FALSE;
	}
	http_add_header(call->exchange, "Content-Disposition",
			"attachment; filename=\"voice.xlsx\"");
	http_respond_file(call->exchange, 200,
			  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", fd,
			  (guint64)state.st_size);
	call->answered = TRUE;
	return TRUE;
}

/* The file has no name any more when it is sent. */
static gboolean voice_table_get(ApiCall *call, GError **error)
{
	Voice voice = call_voice(call);
	VoiceQuery query = call_query(call);
	const char *folder = config_string(call->api->config, SETTING_DATA);
	const char *language = http_query(call->exchange, "language");
	g_autofree char *path = g_build_filename(folder, ".report-XXXXXX", NULL);
	int fd = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
	gboolean ok;

	if (fd < 0)
		return send_file(call, fd, error);
	close(fd);
	ok = voice_write_table(&voice, &query, language ? language : "en", path, folder, error);
	fd = ok ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	g_unlink(path);
	return ok && send_file(call, fd, error);
}

#define PERIOD "days:integer,from:string,to:string,channel:string,aspect:string"

const HttpRoute report_routes[] = {
	{"GET", "/api/v1/reports/voice", "report_voice",
	 "What customers say in a period, beside the period before: moods, intents, topics, what "
	 "to "
	 "improve first",
	 "conversations:read", API_ENCODE, 0, NULL, "VoiceReport", 200, PERIOD, voice_get, NULL},
	{"GET", "/api/v1/reports/voice/messages", "report_voice_messages",
	 "The messages that a number of the report counts, newest first", "conversations:read",
	 API_ENCODE, 0, NULL, "VoiceMessageList", 200,
	 PERIOD
	 ",part:string,mood:string,aspect_mood:string,intent:string,topic:integer,urgent:boolean,"
	 "page_size:integer,page_token:string",
	 voice_messages_get, NULL},
	{"GET", "/api/v1/reports/voice/table", "report_voice_table",
	 "The numbers of the report as a workbook (XLSX)", "conversations:read", API_ENCODE, 0,
	 NULL, ROUTE_BYTES, 200, PERIOD ",language:string", voice_table_get, NULL},
};
const gsize n_report_routes = G_N_ELEMENTS(report_routes);
