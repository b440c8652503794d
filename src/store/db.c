/* Statements and rows. A text is prepared once per connection and found again by its hash, since
 * preparing costs more than running. */
#include "store/db.h"

#include <stdarg.h>
#include <string.h>

#include "base/error.h"

enum { DB_MAX_STATEMENTS = 256, DB_MAX_ARGUMENTS = 64 };

typedef struct {
	BackendStatement *handle;
	char *sql;
	GList recent; /* place in Db.recent */
	gboolean lent;
	gboolean cached; /* else made for one use, because the cached one was lent */
} Statement;

struct DbRows {
	Db *db; /* NULL when the connection has taken the statement back */
	Statement *statement;
	gboolean ended;
	DbRows *newer;
	DbRows *older;
};

/* Eight bytes at a time: it is asked at every statement, of texts of some hundred bytes. */
static guint text_hash(gconstpointer text)
{
	const char *at = text;
	gsize left = strlen(at);
	guint64 hash = left;

	while (left) {
		gsize n = MIN(left, sizeof(guint64));
		guint64 word = 0;

		memcpy(&word, at, n);
		hash = (hash ^ word) * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
		at += n;
		left -= n;
	}
	return (guint)hash;
}

static void statement_free(Statement *statement, const Backend *backend)
{
	backend->finalize(statement->handle);
	g_free(statement->sql);
	g_free(statement);
}

Db *db_open(const Backend *backend, BackendStore *shared, BackendRole role, GError **error)
{
	BackendLink *link = backend->connect(shared, role, error);
	Db *db;

	if (!link)
		return NULL;
	db = g_new0(Db, 1);
	db->backend = backend;
	db->link = link;
	db->statements = g_hash_table_new(text_hash, g_str_equal);
	g_queue_init(&db->recent);
	return db;
}

void db_close(Db *db)
{
	GList *at;

	if (!db)
		return;
	db_drop_rows(db);
	while ((at = g_queue_pop_head_link(&db->recent)))
		statement_free(at->data, db->backend);
	g_hash_table_unref(db->statements);
	db->backend->disconnect(db->link);
	g_free(db);
}

static void cache_evict(Db *db)
{
	GList *at = db->recent.tail;

	while (at && db->recent.length > DB_MAX_STATEMENTS) {
		Statement *statement = at->data;
		GList *newer = at->prev;

		if (!statement->lent) {
			g_queue_unlink(&db->recent, at);
			g_hash_table_remove(db->statements, statement->sql);
			statement_free(statement, db->backend);
		}
		at = newer;
	}
}

static Statement *statement_new(Db *db, const char *sql, GError **error)
{
	BackendStatement *handle = db->backend->prepare(db->link, sql, error);
	Statement *statement;

	if (!handle)
		return NULL;
	statement = g_new0(Statement, 1);
	statement->handle = handle;
	statement->sql = g_strdup(sql);
	statement->recent.data = statement;
	return statement;
}

/* Lends the cached statement of this text; a second one when that is in use, for nested loops over
 * the same text. */
static Statement *statement_lend(Db *db, const char *sql, GError **error)
{
	Statement *statement = g_hash_table_lookup(db->statements, sql);
	gboolean known = statement != NULL;

	if (!known || statement->lent) {
		statement = statement_new(db, sql, error);
		if (!statement)
			return NULL;
		statement->cached = !known;
		if (!known) {
			g_hash_table_insert(db->statements, statement->sql, statement);
			g_queue_push_head_link(&db->recent, &statement->recent);
		}
	} else if (db->recent.head != &statement->recent) {
		g_queue_unlink(&db->recent, &statement->recent);
		g_queue_push_head_link(&db->recent, &statement->recent);
	}
	statement->lent = TRUE;
	if (!known)
		cache_evict(db);
	return statement;
}

static void statement_give_back(Db *db, Statement *statement)
{
	statement->lent = FALSE;
	if (statement->cached)
		db->backend->reset(statement->handle);
	else
		statement_free(statement, db->backend);
}

static void rows_detach(DbRows *rows)
{
	Db *db = rows->db;

	if (rows->newer)
		rows->newer->older = rows->older;
	else
		db->rows = rows->older;
	if (rows->older)
		rows->older->newer = rows->newer;
	statement_give_back(db, rows->statement);
	rows->db = NULL;
	rows->statement = NULL;
}

void db_drop_rows(Db *db)
{
	while (db->rows)
		rows_detach(db->rows);
}

static DbRows *rows_start(Db *db, const char *sql, const DbValue *values, gsize n_values,
			  GError **error)
{
	Statement *statement = statement_lend(db, sql, error);
	DbRows *rows;

	if (!statement)
		return NULL;
	if (!db->backend->bind(statement->handle, values, n_values, TRUE, error)) {
		statement_give_back(db, statement);
		return NULL;
	}
	rows = g_new0(DbRows, 1);
	rows->db = db;
	rows->statement = statement;
	rows->older = db->rows;
	if (db->rows)
		db->rows->newer = rows;
	db->rows = rows;
	return rows;
}

static gboolean run_to_end(Db *db, const char *sql, const DbValue *values, gsize n_values,
			   GError **error)
{
	Statement *statement = statement_lend(db, sql, error);
	BackendStep step = BACKEND_FAILED;

	if (!statement)
		return FALSE;
	if (db->backend->bind(statement->handle, values, n_values, FALSE, error)) {
		do
			step = db->backend->step(statement->handle, error);
		while (step == BACKEND_ROW);
	}
	statement_give_back(db, statement);
	return step == BACKEND_END;
}

static gboolean read_argument(char type, va_list *args, DbValue *value)
{
	*value = (DbValue){.type = DB_NULL};
	switch (type) {
	case 's':
		value->text = va_arg(*args, const char *);
		value->type = value->text ? DB_TEXT : DB_NULL;
		value->n_bytes = -1;
		return TRUE;
	case 'i':
		value->type = DB_INT;
		value->i = va_arg(*args, gint64);
		return TRUE;
	case 'd':
		value->type = DB_DOUBLE;
		value->d = va_arg(*args, double);
		return TRUE;
	case 'b':
		value->blob = va_arg(*args, const void *);
		value->n_bytes = (gssize)va_arg(*args, gsize);
		value->type = value->blob ? DB_BLOB : DB_NULL;
		return TRUE;
	default:
		return FALSE;
	}
}

static gboolean read_arguments(const char *types, va_list *args, DbValue *values,
			       gsize *ret_n_values, GError **error)
{
	gsize n_values = 0;

	for (; types[n_values]; n_values++) {
		if (n_values < DB_MAX_ARGUMENTS &&
		    read_argument(types[n_values], args, &values[n_values]))
			continue;
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
			    "parameter %zu of a statement has no known type", n_values + 1);
		return FALSE;
	}
	*ret_n_values = n_values;
	return TRUE;
}

static DbRows *query_arguments(Db *db, const char *sql, const char *types, va_list *args,
			       GError **error)
{
	DbValue values[DB_MAX_ARGUMENTS];
	gsize n_values;

	return read_arguments(types, args, values, &n_values, error)
		       ? rows_start(db, sql, values, n_values, error)
		       : NULL;
}

DbRows *db_query(Db *db, const char *sql, GError **error, const char *types, ...)
{
	DbRows *rows;
	va_list args;

	va_start(args, types);
	rows = query_arguments(db, sql, types, &args, error);
	va_end(args);
	return rows;
}

DbRows *db_query_values(Db *db, const char *sql, const DbValue *values, gsize n_values,
			GError **error)
{
	return rows_start(db, sql, values, n_values, error);
}

gboolean db_run(Db *db, const char *sql, GError **error, const char *types, ...)
{
	DbValue values[DB_MAX_ARGUMENTS];
	gsize n_values;
	gboolean known;
	va_list args;

	va_start(args, types);
	known = read_arguments(types, &args, values, &n_values, error);
	va_end(args);
	return known && run_to_end(db, sql, values, n_values, error);
}

gboolean db_run_values(Db *db, const char *sql, const DbValue *values, gsize n_values,
		       GError **error)
{
	return run_to_end(db, sql, values, n_values, error);
}

gint64 db_last_id(Db *db)
{
	return db->backend->last_id(db->link);
}

gint64 db_changes(Db *db)
{
	return db->backend->changes(db->link);
}

gboolean db_next(DbRows *rows, GError **error)
{
	BackendStep step;

	if (rows->ended)
		return FALSE;
	if (!rows->db) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
			    "rows were read after their connection was given back");
		return FALSE;
	}
	step = rows->db->backend->step(rows->statement->handle, error);
	rows->ended = step != BACKEND_ROW; /* another step would run the statement again */
	return step == BACKEND_ROW;
}

gboolean db_exists(Db *db, const char *sql, gboolean *ret_exists, GError **error, const char *types,
		   ...)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;
	va_list args;

	va_start(args, types);
	rows = query_arguments(db, sql, types, &args, error);
	va_end(args);
	if (!rows)
		return FALSE;
	*ret_exists = db_next(rows, &failed);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

GPtrArray *db_texts(Db *db, const char *sql, GError **error, const char *types, ...)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;
	va_list args;

	va_start(args, types);
	rows = query_arguments(db, sql, types, &args, error);
	va_end(args);
	if (!rows)
		return NULL;
	while (db_next(rows, &failed))
		g_ptr_array_add(texts, g_strdup(db_text(rows, 0)));
	if (!failed)
		return g_steal_pointer(&texts);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

void db_rows_free(DbRows *rows)
{
	if (!rows)
		return;
	if (rows->db)
		rows_detach(rows);
	g_free(rows);
}

gint64 db_int(DbRows *rows, int column)
{
	return rows->db ? rows->db->backend->column_int(rows->statement->handle, column) : 0;
}

double db_double(DbRows *rows, int column)
{
	return rows->db ? rows->db->backend->column_double(rows->statement->handle, column) : 0;
}

const char *db_text(DbRows *rows, int column)
{
	return rows->db ? rows->db->backend->column_text(rows->statement->handle, column) : NULL;
}

gsize db_length(DbRows *rows, int column)
{
	return rows->db ? rows->db->backend->column_length(rows->statement->handle, column) : 0;
}

const void *db_blob(DbRows *rows, int column)
{
	return rows->db ? rows->db->backend->column_blob(rows->statement->handle, column) : NULL;
}

gboolean db_is_null(DbRows *rows, int column)
{
	return !rows->db || rows->db->backend->column_is_null(rows->statement->handle, column);
}

int db_n_columns(DbRows *rows)
{
	return rows->db ? rows->db->backend->n_columns(rows->statement->handle) : 0;
}

const char *db_column_name(DbRows *rows, int column)
{
	return rows->db ? rows->db->backend->column_name(rows->statement->handle, column) : NULL;
}

gboolean db_nested(Db *db, StoreWork work, gpointer data, GError **error)
{
	const Backend *backend = db->backend;

	if (!backend->savepoint(db->link, error))
		return FALSE;
	if (work(db, data, error))
		return backend->release(db->link, error);
	/* a fault of the disk may have ended the whole transaction */
	if (backend->in_transaction(db->link))
		backend->rollback_to(db->link, NULL);
	return FALSE;
}
