/* One row a day. */
#include "llm/budget.h"

#include "base/clock.h"

enum { DAY_MS = 86400000 };

typedef struct {
	gint64 day, n_tokens;
} Spending;

gint64 budget_today(void)
{
	return clock_now_ms() / DAY_MS;
}

gboolean budget_get(Store *store, gint64 day, gint64 *ret_tokens, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(Db) db = db_begin_read(store, error);
	g_autoptr(DbRows) rows =
		db ? db_query(db, "SELECT tokens FROM model_days WHERE day = $1", error, "i", day)
		   : NULL;

	*ret_tokens = 0;
	if (!rows)
		return FALSE;
	if (db_next(rows, &failed))
		*ret_tokens = db_int(rows, 0);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean add(Db *db, gpointer data, GError **error)
{
	const Spending *spending = data;

	return db_run(db,
		      "INSERT INTO model_days (day, tokens) VALUES ($1, $2) "
		      "ON CONFLICT (day) DO UPDATE SET tokens = model_days.tokens + $2",
		      error, "ii", spending->day, spending->n_tokens);
}

gboolean budget_add(Store *store, gint64 day, gint64 n_tokens, GError **error)
{
	Spending spending = {day, n_tokens};

	return store_write(store, add, &spending, error);
}
