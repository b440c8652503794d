/* Labels are put in order when all are known, so that their numbers do not hang on the order of rows. */
#include "nlu/examples.h"

#include <string.h>

#include "base/error.h"
#include "nlu/levels.h"
#include "text/table.h"

Examples *examples_new(void)
{
	Examples *e = g_new0(Examples, 1);

	e->texts = g_ptr_array_new_with_free_func(g_free);
	e->classes = g_array_new(FALSE, FALSE, sizeof(guint));
	e->labels = g_ptr_array_new_with_free_func(g_free);
	e->numbers = g_hash_table_new(g_str_hash, g_str_equal);
	return e;
}

void examples_free(Examples *e)
{
	if (!e)
		return;
	g_ptr_array_unref(e->texts);
	g_array_unref(e->classes);
	g_hash_table_unref(e->numbers);
	g_ptr_array_unref(e->labels);
	g_clear_pointer(&e->groups, g_array_unref);
	g_free(e);
}

static int by_bytes(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int labels_find(const GPtrArray *labels, const char *label)
{
	guint low = 0, high = labels->len;

	while (low < high) {
		guint middle = (low + high) / 2;
		int order = strcmp(labels->pdata[middle], label);

		if (!order)
			return (int)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

void examples_add(Examples *e, const char *text, const char *label)
{
	gpointer number = g_hash_table_lookup(e->numbers, label);
	guint class = number ? GPOINTER_TO_UINT(number) - 1 : e->labels->len;

	if (!number) {
		char *own = g_strdup(label);

		g_ptr_array_add(e->labels, own);
		g_hash_table_insert(e->numbers, own, GUINT_TO_POINTER(class + 1));
	}
	g_array_append_val(e->classes, class);
	g_ptr_array_add(e->texts, g_strdup(text));
	e->n_empty += !text[strspn(text, " \t\r\n")];
}

void examples_sort(Examples *e)
{
	g_autofree guint *place = g_new(guint, e->labels->len + 1);

	g_ptr_array_sort(e->labels, by_bytes);
	for (guint i = 0; i < e->labels->len; i++)
		place[GPOINTER_TO_UINT(g_hash_table_lookup(e->numbers, e->labels->pdata[i])) - 1] =
			i;
	for (guint i = 0; i < e->classes->len; i++)
		g_array_index(e->classes, guint, i) = place[g_array_index(e->classes, guint, i)];
	g_hash_table_remove_all(e->numbers);
}

/* ---- reading ------------------------------------------------------------------------------------- */

enum { TEXT, LABEL, GROUP, N_COLUMNS };

typedef struct {
	const char *path;
	const char *names[N_COLUMNS];
	int at[N_COLUMNS]; /* -1: not there yet, since JSON Lines names columns as they come */
	GHashTable *groups;
} Reading;

static void reading_clear(Reading *r)
{
	g_clear_pointer(&r->groups, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

static void find_columns(Reading *r, const Table *table)
{
	for (int c = 0; c < N_COLUMNS; c++)
		for (guint i = 0; r->names[c] && r->at[c] < 0 && i < table_n_columns(table); i++)
			if (!g_ascii_strcasecmp(table_name(table, i), r->names[c]))
				r->at[c] = (int)i;
}

static char *column_names(const Table *table)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (guint i = 0; i < MIN(table_n_columns(table), 20U); i++)
		g_string_append_printf(names, "%s%s", i ? ", " : "", table_name(table, i));
	return g_string_free(g_steal_pointer(&names), FALSE);
}

/* The cell of a column that must be there. */
static const char *cell(const Reading *r, const Table *table, int c, GError **error)
{
	g_autofree char *names = NULL;

	if (r->at[c] >= 0)
		return table_cell(table, (guint)r->at[c]);
	names = column_names(table);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s:%" G_GUINT64_FORMAT
		    ":1: there is no column '%s' (columns: %s); name it with --%s",
		    r->path, table_line(table), r->names[c], names,
		    c == TEXT	 ? "text"
		    : c == LABEL ? "label"
				 : "group");
	return NULL;
}

static guint group_number(GHashTable *groups, const char *name)
{
	gpointer number = g_hash_table_lookup(groups, name);

	if (!number) {
		number = GUINT_TO_POINTER(g_hash_table_size(groups) + 1);
		g_hash_table_insert(groups, g_strdup(name), number);
	}
	return GPOINTER_TO_UINT(number) - 1;
}

static gboolean read_row(Reading *r, const Table *table, Examples *e, GError **error)
{
	const char *text, *label, *group;
	guint number;

	find_columns(r, table);
	text = cell(r, table, TEXT, error);
	label = !text ? NULL : r->names[LABEL] ? cell(r, table, LABEL, error) : "";
	if (!label)
		return FALSE;
	if (r->names[LABEL] && !*label) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s:%" G_GUINT64_FORMAT ":1: the row has no label", r->path,
			    table_line(table));
		return FALSE;
	}
	if (r->names[LABEL] && !label_is_path(label)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s:%" G_GUINT64_FORMAT
			    ":1: the label '%s' has a level without a name; / stands between two",
			    r->path, table_line(table), label);
		return FALSE;
	}
	if (r->names[GROUP]) {
		group = cell(r, table, GROUP, error);
		if (!group)
			return FALSE;
		number = group_number(r->groups, group);
		g_array_append_val(e->groups, number);
	}
	examples_add(e, text, label);
	return TRUE;
}

static gboolean read_rows(Reading *r, Table *table, Examples *e, GError **error)
{
	CsvStep step;

	while ((step = table_next(table, error)) != CSV_END) {
		if (step == CSV_FAILED)
			return FALSE;
		if (step == CSV_BAD_ROW) {
			const CsvFault *fault = table_fault(table);

			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ": %s", r->path,
				    fault->line, fault->column, fault->message);
			return FALSE;
		}
		if (e->texts->len == EXAMPLES_MAX) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
				    "%s: more than %d rows; leave some out", r->path,
				    (int)EXAMPLES_MAX);
			return FALSE;
		}
		if (!read_row(r, table, e, error))
			return FALSE;
	}
	if (e->texts->len)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s: there is no row under the header", r->path);
	return FALSE;
}

Examples *examples_read(const char *path, const ExamplesColumns *columns, GError **error)
{
	g_autoptr(Table) table = table_open(path, path, error);
	g_autoptr(Examples) e = examples_new();
	g_auto(Reading) r = {.path = path,
			     .names = {columns->text, columns->label, columns->group},
			     .at = {-1, -1, -1},
			     .groups =
				     g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};

	if (columns->group)
		e->groups = g_array_new(FALSE, FALSE, sizeof(guint));
	if (!table || !read_rows(&r, table, e, error))
		return NULL;
	examples_sort(e);
	e->n_groups = g_hash_table_size(r.groups);
	return g_steal_pointer(&e);
}

Examples *examples_of_fold(const Examples *all, const guint *folds, guint fold, gboolean but)
{
	Examples *e = examples_new();

	for (guint i = 0; i < all->labels->len; i++)
		g_ptr_array_add(e->labels, g_strdup(all->labels->pdata[i]));
	for (guint i = 0; i < all->texts->len; i++) {
		if ((folds[i] == fold) == but)
			continue;
		g_ptr_array_add(e->texts, g_strdup(all->texts->pdata[i]));
		g_array_append_val(e->classes, g_array_index(all->classes, guint, i));
	}
	return e;
}
