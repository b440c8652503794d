/* The declarations and the tables agree: every field is a column, every column is known. */
#include "crm/objects.h"

#include "fixture.h"

/* Columns that every object table has besides its fields. */
static const char *const common[] = {"org_id",	   "id",	 "version", "created_at",
				     "updated_at", "deleted_at", NULL};

static DbRows *select_column(Db *db, const Object *object, const char *column, GError **error)
{
	g_autofree char *sql =
		g_strdup_printf("SELECT t.%s FROM %s t", column, object_table(object));

	return db_query(db, sql, error, "");
}

static void test_fields_are_columns(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(f->store, &error);
	gsize n;
	const Object *const *objects = objects_all(&n);

	g_assert_cmpuint(n, >, 0);
	for (gsize i = 0; i < n; i++) {
		for (gsize k = 0; k < objects[i]->n_fields; k++) {
			g_autoptr(DbRows) rows = NULL;

			if (!field_is_column(&objects[i]->fields[k]))
				continue;
			rows = select_column(db, objects[i], objects[i]->fields[k].name, &error);

			g_assert_no_error(error);
			g_assert_nonnull(rows);
		}
		for (gsize k = 0; common[k] && !(objects[i]->flags & OBJECT_LOG); k++) {
			g_autoptr(DbRows) rows = select_column(db, objects[i], common[k], &error);

			g_assert_no_error(error);
			g_assert_nonnull(rows);
		}
	}
}

static void test_columns_are_fields(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(f->store, &error);
	gsize n;
	const Object *const *objects = objects_all(&n);

	for (gsize i = 0; i < n; i++) {
		g_autoptr(DbRows) rows = select_column(db, objects[i], "*", &error);

		g_assert_no_error(error);
		for (int k = 0; k < db_n_columns(rows); k++) {
			const char *name = db_column_name(rows, k);

			g_assert_true(g_strv_contains(common, name) ||
				      object_field(objects[i], name));
		}
	}
}

/* An indexed column has its index, a unique one a unique index; a list is in field_index. */
static void test_indexes(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(f->store, &error);
	gsize n;
	const Object *const *objects = objects_all(&n);

	for (gsize i = 0; i < n; i++)
		for (gsize k = 0; k < objects[i]->n_fields; k++) {
			const Field *field = &objects[i]->fields[k];
			g_autofree char *name =
				g_strdup_printf("%s_%s", object_table(objects[i]), field->name);
			g_autoptr(DbRows) rows = NULL;

			if (!(field->flags & FIELD_INDEXED) || field->type == FIELD_TAGS)
				continue;
			rows = db_query(db,
					"SELECT sql FROM sqlite_schema WHERE type = 'index' AND "
					"name = $1",
					&error, "s", name);
			g_assert_no_error(error);
			g_test_message("%s", name);
			g_assert_true(db_next(rows, &error));
			g_assert_true(!(field->flags & FIELD_UNIQUE) ||
				      strstr(db_text(rows, 0), "UNIQUE"));
		}
}

static void check_declaration(const Object *object)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

	g_assert_cmpuint(object->n_fields, >, 0);
	g_assert_cmpuint(object->n_fields, <=, OBJECT_MAX_FIELDS);
	g_assert_true(object_find(object->plural) == object);
	for (gsize k = 0; k < object->n_fields; k++) {
		const Field *field = &object->fields[k];

		g_assert_true(g_hash_table_add(names, (gpointer)(guintptr)field->name));
		g_assert_true(object_field(object, field->name) == field);
		g_assert_true((field->type == FIELD_REFERENCE) == (field->target != NULL));
		g_assert_true(*field->label_zh && *field->label_en);
		g_assert_true((field->type == FIELD_CHOICE) == (field->choices != NULL));
		if (field->choices && field->default_value) {
			g_auto(GStrv) words = g_strsplit(field->choices, "|", -1);

			g_assert_true(
				g_strv_contains((const char *const *)words, field->default_value));
		}
	}
}

static void test_declarations(void)
{
	gsize n;
	const Object *const *objects = objects_all(&n);

	for (gsize i = 0; i < n; i++)
		check_declaration(objects[i]);
	g_assert_null(object_find("users"));
	g_assert_null(object_find("contact"));
	g_assert_null(object_field(&OBJECT_CONTACT, "org_id"));
	g_assert_null(object_field(&OBJECT_CONTACT, "id"));
}

static void test_schema(void)
{
	gsize n;
	const Object *const *objects = objects_all(&n);

	for (gsize i = 0; i < n; i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *text = object_schema(objects[i]);
		g_autoptr(json_t) schema = json_parse(text, strlen(text), &error);
		const json_t *properties = json_object_get(schema, "properties");

		g_assert_no_error(error);
		for (gsize k = 0; k < objects[i]->n_fields; k++) {
			const Field *field = &objects[i]->fields[k];
			const json_t *property = json_object_get(properties, field->name);

			g_assert_true(json_is_object(property));
			g_assert_true((json_object_get(property, "enum") != NULL) ==
				      (field->choices != NULL));
		}
		g_assert_cmpuint(json_object_size(properties), ==,
				 objects[i]->n_fields + (objects[i]->flags & OBJECT_LOG ? 2 : 3));
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/objects/fields_are_columns", test_fields_are_columns);
	g_test_add_func("/objects/columns_are_fields", test_columns_are_fields);
	g_test_add_func("/objects/indexes", test_indexes);
	g_test_add_func("/objects/declarations", test_declarations);
	g_test_add_func("/objects/schema", test_schema);
	return g_test_run();
}
