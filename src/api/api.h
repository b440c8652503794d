/*
 * The HTTP surface: tables of routes, each row naming its permission and where its handler runs;
 * dispatch.c does the rest (who asks, may he, body, transaction, Idempotency-Key, problem
 * documents), so that a handler is decode, one domain call, encode.
 *
 * A handler fills call->out (JSON) and may set call->status; FALSE with error becomes a problem
 * document. API_READ    on the event thread with a snapshot: short indexed reads only API_WRITE
 * on the writer thread inside the transaction; the answer goes out after the commit, by the row's
 * after function
 *             where it has one (also when a retry was answered from the store)
 * API_SLOW    on a pool thread without a transaction: password hashing
 * API_MODEL   on a thread of another pool, without a transaction: retrieval, and what waits for a
 *             generating model, for seconds
 * API_ENCODE  on a thread of a third one, for a minute's work: many texts to encode, files
 * API_DIRECT  on the event thread without a transaction: pages, streams
 *
 * Threads: an Api is shared; a call belongs to the thread that runs it.
 */
#pragma once

#include "api/interface.h"
#include "base/config.h"
#include "base/json.h"
#include "bot/model.h"
#include "bot/service.h"
#include "crm/access.h"
#include "crm/audit.h"
#include "http/http.h"
#include "http/router.h"
#include "store/store.h"

typedef struct Judging Judging;
typedef struct Live Live;
typedef struct Limits Limits;
typedef struct VoiceCache VoiceCache;

typedef enum {
	API_READ,
	API_WRITE,
	API_SLOW,
	API_MODEL,
	API_ENCODE,
	API_DIRECT,
	N_API_MODES
} ApiMode;

typedef struct {
	Store *store;
	const Config *config;
	BotService *bot;
	BotModel *model; /* set before it serves */
	Live *live;
	Judging *judging; /* set before it serves; NULL: the setting judge is off */
	Limits *limits;
	VoiceCache *voice_cache;
	GMutex audit_lock; /* of audit_mark */
	AuditMark audit_mark;
	Interface *interface;
	GThreadPool *pools[N_API_MODES]; /* NULL for the modes that need none */
	HttpServer *server;		 /* set once it runs; NULL before */
	char org_id[37]; /* the organisation that visitors without a credential reach */
	gboolean is_demo;
	gint64 started_ms;
	char *openapi;
} Api;

/* The largest file that a route takes; the setting import_max_mb may allow less. */
#define API_FILE_BYTES (256 * 1024 * 1024)
/* Likewise of attachments: attachment_max_mb. */
#define API_ATTACHMENT_BYTES (200 * 1024 * 1024)

typedef struct ApiCall ApiCall;

struct ApiCall {
	Api *api;
	HttpExchange *exchange;
	const HttpRoute *route;
	RouteMatch match;
	Principal principal;
	Db *db;	      /* API_READ, API_WRITE */
	json_t *body; /* parsed when the route has one and the request brought one */
	int status;
	GString *out;
	GPtrArray *faults; /* pairs of path and message */
	char *etag;	   /* sent as ETag when set */
	char *secret;	   /* stands in out and must not be kept for a repeated request; or NULL */
	char *reason;	   /* why, as the caller says, for the audit trail; or NULL */
	gboolean replayed; /* API_WRITE: answered from the store by its Idempotency-Key */
	gboolean answered; /* the handler answered the exchange itself */
	GError *failure;   /* API_WRITE: what the handler failed with */
};

/* Reads the table, opens nothing. Fails when rows collide. config, store, bot are borrowed. */
Api *api_new(const Config *config, Store *store, BotService *bot, GError **error);
/* Waits for the calls that still run on its threads; for when the server has stopped. */
void api_stop(Api *api);
void api_free(Api *api);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Api, api_free)

/* For HttpOptions. */
gssize api_admit(HttpExchange *exchange, gpointer api);
void api_refuse(HttpExchange *exchange, const GError *error, gpointer api);
void api_handle(HttpExchange *exchange, gpointer api);

/* The OpenAPI document with these objects (schema_objects()), or, with NULL, those that come with the
 * program, which `zhiyin openapi` prints. The caller frees it. */
char *api_openapi(const GPtrArray *objects, GError **error);

/* ---- for handlers -------------------------------------------------------------------------------------------- */

/* The path parameter. */
const char *call_id(const ApiCall *call);
/* A query argument, "true" or "false"; absent: FALSE. INVALID for another value. */
gboolean call_flag(const ApiCall *call, const char *name, gboolean *ret_flag, GError **error);
/* Paging arguments: 1..max, default 50. FALSE with INVALID naming the argument. */
gboolean call_page(const ApiCall *call, int max, int *ret_page_size, const char **ret_page_token,
		   GError **error);
/* String member of the body, NULL when absent; a member of another type is INVALID. */
gboolean call_string(const ApiCall *call, const char *name, const char **ret_text, GError **error);
/* A boolean, FALSE when absent; null is INVALID. */
gboolean call_bool(const ApiCall *call, const char *name, gboolean *ret_value, GError **error);
/* Answers now (also from a row's after function) and frees the call. */
void call_answer(ApiCall *call);
void call_fail(ApiCall *call, const GError *error);
void call_free(ApiCall *call);

/* ---- tables -------------------------------------------------------------------------------------------------- */

extern const HttpRoute user_routes[], access_routes[], audit_routes[], person_routes[];
extern const gsize n_user_routes, n_access_routes, n_audit_routes, n_person_routes;
extern const HttpRoute judgement_routes[], classifier_routes[], report_routes[];
extern const gsize n_judgement_routes, n_classifier_routes, n_report_routes;
extern const HttpRoute session_routes[], conversation_routes[], record_routes[], object_routes[],
	webhook_routes[], model_routes[], view_routes[], work_routes[], attachment_routes[],
	import_routes[], system_routes[], page_routes[];
extern const gsize n_session_routes, n_conversation_routes, n_record_routes, n_object_routes,
	n_webhook_routes, n_model_routes, n_view_routes, n_work_routes, n_attachment_routes,
	n_import_routes, n_system_routes, n_page_routes;
