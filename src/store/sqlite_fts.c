/*
 * The full-text tokenizer "zhiyin": FTS5's calling convention around the splitter that the store
 * was opened with.
 * Design choice: no state at all, so that one function serves every connection.
 */
#include "base/error.h"
#include "store/sqlite.h"

typedef struct {
	int (*token)(void *context, int flags, const char *token, int n_bytes, int start, int end);
	void *context;
} Receiver;

/* An instance is only the function it calls. */
struct Fts5Tokenizer {
	StoreTokenize tokenize;
};

static int tokenizer_new(void *data, const char **arguments, int n_arguments,
			 Fts5Tokenizer **ret_tokenizer)
{
	BackendStore *store = data;

	(void)arguments;
	if (n_arguments != 0)
		return SQLITE_ERROR;
	*ret_tokenizer = g_new(Fts5Tokenizer, 1);
	(*ret_tokenizer)->tokenize = store->tokenize;
	return SQLITE_OK;
}

static void tokenizer_free(Fts5Tokenizer *tokenizer)
{
	g_free(tokenizer);
}

static int pass_on(const char *token, int n_bytes, int start, int end, gpointer emit_data)
{
	const Receiver *receiver = emit_data;

	return receiver->token(receiver->context,
			       *token == STORE_TOKEN_MARK ? FTS5_TOKEN_COLOCATED : 0, token,
			       n_bytes, start, end);
}

static int tokenizer_run(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text,
			 int n_bytes, int (*token)(void *, int, const char *, int, int, int))
{
	Receiver receiver = {token, context};

	(void)flags;
	return text ? tokenizer->tokenize(text, n_bytes, pass_on, &receiver) : SQLITE_OK;
}

static fts5_api *find_fts5(BackendLink *link)
{
	fts5_api *api = NULL;
	sqlite3_stmt *stmt = NULL;

	if (sqlite3_prepare_v2(link->db, "SELECT fts5(?1)", -1, &stmt, NULL) == SQLITE_OK) {
		sqlite3_bind_pointer(stmt, 1, &api, "fts5_api_ptr", NULL);
		sqlite3_step(stmt);
	}
	sqlite3_finalize(stmt);
	return api;
}

gboolean sqlite_add_tokenizer(BackendLink *link, GError **error)
{
	static const fts5_tokenizer functions = {tokenizer_new, tokenizer_free, tokenizer_run};
	fts5_tokenizer copy = functions; /* the interface wants it writable */
	fts5_api *api;
	int code;

	if (!link->store->tokenize)
		return TRUE;
	api = find_fts5(link);
	code = api ? api->xCreateTokenizer(api, "zhiyin", link->store, &copy, NULL) : SQLITE_ERROR;
	if (code != SQLITE_OK)
		sqlite_fail(link, code, "full-text tokenizer", error);
	return code == SQLITE_OK;
}
