/* From a declaration to its statements. Names in the text come from declarations only, which hold
 * nothing but letters, digits and _. */
#include "crm/record_sql.h"

static gboolean is_log(const Object *object)
{
	return (object->flags & OBJECT_LOG) != 0;
}

static void build_columns(const Object *object, ObjectSql *sql)
{
	GString *columns =
		g_string_new(is_log(object) ? "t.id, 1, t.created_at, t.created_at, NULL"
					    : "t.id, t.version, t.created_at, t.updated_at, "
					      "t.deleted_at");

	sql->n_columns = COLUMN_FIELDS;
	sql->custom = -1;
	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];

		sql->column[i] = -1;
		if (field->flags & FIELD_CUSTOM)
			continue;
		if (field->computed)
			g_string_append_printf(columns, ", %s", field->computed);
		else
			g_string_append_printf(columns, ", t.%s", field->name);
		if (g_str_equal(field->name, "custom"))
			sql->custom = sql->n_columns;
		sql->column[i] = sql->n_columns++;
	}
	sql->columns = g_string_free(columns, FALSE);
}

/* $1 organisation, $2 id, $3 now, then the columns. */
static void build_writes(const Object *object, ObjectSql *sql)
{
	gboolean invented = object->flags & OBJECT_INVENTED;
	g_autoptr(GString) names = g_string_new("org_id, id, created_at");
	g_autoptr(GString) values = g_string_new("$1, $2, $3");
	g_autoptr(GString) sets = g_string_new("version = version + 1, updated_at = $3");
	int n = 3;

	if (!is_log(object)) {
		g_string_append(names, ", version, updated_at");
		g_string_append(values, ", 1, $3");
	}
	if (invented) {
		g_string_append(names, ", object");
		g_string_append_printf(values, ", '%s'", object->plural);
	}
	for (gsize i = 0; i < object->n_fields; i++) {
		const char *name = object->fields[i].name;

		if (!field_is_column(&object->fields[i]))
			continue;
		n++;
		g_string_append_printf(names, ", %s", name);
		g_string_append_printf(values, ", $%d", n);
		g_string_append_printf(sets, ", %s = $%d", name, n);
	}
	sql->insert = g_strdup_printf("INSERT INTO %s (%s) VALUES (%s)", object_table(object),
				      names->str, values->str);
	sql->update = g_strdup_printf("UPDATE %s AS t SET %s WHERE %s AND t.id = $2",
				      object_table(object), sets->str, sql->where);
}

static void build_reads(const Object *object, ObjectSql *sql)
{
	sql->get = g_strdup_printf("SELECT %s FROM %s t WHERE %s AND t.id = $2", sql->columns,
				   object_table(object), sql->where);
}

const ObjectSql *object_sql(const Object *object)
{
	static GMutex lock;
	static GHashTable *built;
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&lock);
	ObjectSql *sql;

	(void)locked;
	if (!built)
		built = g_hash_table_new(NULL, NULL);
	sql = g_hash_table_lookup(built, object);
	if (sql)
		return sql;
	sql = g_new0(ObjectSql, 1);
	sql->where = object->flags & OBJECT_INVENTED
			     ? g_strdup_printf("t.org_id = $1 AND t.object = '%s'", object->plural)
			     : g_strdup("t.org_id = $1");
	sql->live = g_strdup(is_log(object) ? "" : " AND t.deleted_at IS NULL");
	build_columns(object, sql);
	build_reads(object, sql);
	build_writes(object, sql);
	g_hash_table_insert(built, (gpointer)(guintptr)object, sql);
	return sql;
}
