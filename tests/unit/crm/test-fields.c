/* Values of fields: what each type takes, in which form it is stored, and what it refuses. */
#include "crm/fields.h"

#include "crm/objects.h"
#include "fixture.h"

typedef struct {
	FieldType type;
	const char *text, *stored; /* stored NULL = refused */
} NormaliseCase;

static const NormaliseCase cases[] = {
	{FIELD_TEXT, "  李雷 \t", "李雷"},
	{FIELD_TEXT, "two\nlines", "two lines"},
	{FIELD_TEXT, "two\r\nlines\n", "two  lines"},
	{FIELD_LONG_TEXT, " two\nlines ", " two\nlines "},
	{FIELD_EMAIL, " Zhang.Wei@Example.COM ", "zhang.wei@example.com"},
	{FIELD_EMAIL, "a@b.example", "a@b.example"},
	{FIELD_EMAIL, "no address", NULL},
	{FIELD_EMAIL, "@b.example", NULL},
	{FIELD_EMAIL, "a@b@c.example", NULL},
	{FIELD_EMAIL, "a@example", NULL},
	{FIELD_EMAIL, "a@.example", NULL},
	{FIELD_EMAIL, "a@example.", NULL},
	{FIELD_EMAIL, "a b@c.example", NULL},
	{FIELD_EMAIL, "a,b@c.example", NULL},
	{FIELD_EMAIL, "<a@c.example>", NULL},
	{FIELD_EMAIL, "a@c.example\nBcc: x@y.example", NULL},
	{FIELD_EMAIL, "", NULL},
	{FIELD_PHONE, "138 0013 8000", "13800138000"},
	{FIELD_PHONE, "+86-138-0013-8000", "+8613800138000"},
	{FIELD_PHONE, "（０１０）６２３４　５６７８", "01062345678"},
	{FIELD_PHONE, "(415) 555-2671", "4155552671"},
	{FIELD_PHONE, "1234", NULL},
	{FIELD_PHONE, "12345", "12345"},
	{FIELD_PHONE, "12345678901234567890", "12345678901234567890"},
	{FIELD_PHONE, "123456789012345678901", NULL},
	{FIELD_PHONE, "call me", NULL},
	{FIELD_PHONE, "138+0013", NULL},
	{FIELD_PHONE, "13800138000 ext 5", NULL},
	{FIELD_URL, " https://a.example/x?y=1#z ", "https://a.example/x?y=1#z"},
	{FIELD_URL, "http://a.example", "http://a.example"},
	{FIELD_URL, "/help/returns", "/help/returns"},
	{FIELD_URL, "//evil.example", NULL},
	{FIELD_URL, "javascript:alert(1)", NULL},
	{FIELD_URL, " javascript:alert(1)", NULL},
	{FIELD_URL, "data:text/html,x", NULL},
	{FIELD_URL, "a.example", NULL},
	{FIELD_REFERENCE, "0190a0b4-0000-7000-8000-000000000000",
	 "0190a0b4-0000-7000-8000-000000000000"},
	{FIELD_REFERENCE, "0190A0B4-0000-7000-8000-000000000000", NULL},
	{FIELD_REFERENCE, "1", NULL},
	{FIELD_REFERENCE, "' OR 1=1 --", NULL},
};

static void test_normalise(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *stored = field_normalise(cases[i].type, cases[i].text, &error);

		g_test_message("'%s'", cases[i].text);
		g_assert_cmpstr(stored, ==, cases[i].stored);
		if (!stored)
			fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	}
}

typedef struct {
	const Object *object;
	const char *document;
	int code;	   /* of the first fault */
	const char *paths; /* all faults, in order */
} DocumentCase;

static const DocumentCase documents[] = {
	{&OBJECT_CONTACT, "{'email':'x','phone':'1'}", ZHIYIN_ERROR_UNPROCESSABLE, "email phone"},
	{&OBJECT_CONTACT, "{'name':5}", ZHIYIN_ERROR_UNPROCESSABLE, "name"},
	{&OBJECT_CONTACT, "{'name':['x']}", ZHIYIN_ERROR_UNPROCESSABLE, "name"},
	{&OBJECT_CONTACT, "{'tags':'vip'}", ZHIYIN_ERROR_UNPROCESSABLE, "tags"},
	{&OBJECT_CONTACT, "{'tags':['vip',1]}", ZHIYIN_ERROR_UNPROCESSABLE, "tags"},
	{&OBJECT_CONTACT, "{'custom':[]}", ZHIYIN_ERROR_UNPROCESSABLE, "custom"},
	{&OBJECT_CONTACT, "{'custom':'x'}", ZHIYIN_ERROR_UNPROCESSABLE, "custom"},
	{&OBJECT_CONTACT, "{'owner_id':'me'}", ZHIYIN_ERROR_UNPROCESSABLE, "owner_id"},
	{&OBJECT_ARTICLE, "{}", ZHIYIN_ERROR_UNPROCESSABLE, "title body"},
	{&OBJECT_ARTICLE, "{'title':' ','body':'x'}", ZHIYIN_ERROR_UNPROCESSABLE, "title"},
	{&OBJECT_ARTICLE, "{'title':'x','body':null}", ZHIYIN_ERROR_UNPROCESSABLE, "body"},
	{&OBJECT_ARTICLE, "{'title':'x','body':'y','kind':'book'}", ZHIYIN_ERROR_UNPROCESSABLE,
	 "kind"},
	{&OBJECT_ARTICLE, "{'title':'x','body':'y','url':'javascript:x'}",
	 ZHIYIN_ERROR_UNPROCESSABLE, "url"},
};

static void test_documents(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(documents); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) paths = g_string_new(NULL);
		g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(json_t) document = fixture_json(documents[i].document);
		g_autoptr(FieldValues) values =
			field_values_new(documents[i].object, document, faults, &error);

		g_test_message("%s", documents[i].document);
		g_assert_null(values);
		fixture_expect(&error, documents[i].code);
		for (guint k = 0; k < faults->len; k += 2)
			g_string_append_printf(paths, "%s%s", k ? " " : "",
					       (const char *)g_ptr_array_index(faults, k));
		g_assert_cmpstr(paths->str, ==, documents[i].paths);
	}
}

/* What a body may not hold: unknown names, what the program sets itself. */
static void test_bodies(void)
{
	static const struct {
		const Object *object;
		const char *body, *paths;
	} bodies[] = {
		{&OBJECT_CONTACT, "{'nickname':'x'}", "nickname"},
		{&OBJECT_CONTACT, "{'id':'x','org_id':'y'}", "id org_id"},
		{&OBJECT_DEAL, "{'name':'x','status':'won'}", "status"},
		{&OBJECT_ARTICLE, "{'n_passages':3}", "n_passages"},
		{&OBJECT_CONTACT, "{'name':'x'}", ""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) paths = g_string_new(NULL);
		g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(json_t) body = fixture_json(bodies[i].body);
		gboolean right = field_check_body(bodies[i].object, body, faults, &error);

		g_assert_cmpint(right, ==, !*bodies[i].paths);
		if (!right)
			fixture_expect(&error, ZHIYIN_ERROR_INVALID);
		for (guint k = 0; k < faults->len; k += 2)
			g_string_append_printf(paths, "%s%s", k ? " " : "",
					       (const char *)g_ptr_array_index(faults, k));
		g_assert_cmpstr(paths->str, ==, bodies[i].paths);
	}
}

static void test_money(void)
{
	static const struct {
		const char *text;
		int digits;
		gint64 thousandths; /* G_MININT64 = refused */
		const char *shown;
	} amounts[] = {
		{"12.34", 2, 12340, "12.34"},
		{"12.30", 2, 12300, "12.3"},
		{"12", 2, 12000, "12"},
		{"-0.05", 2, -50, "-0.05"},
		{"0.001", 3, 1, "0.001"},
		{"12.345", 2, G_MININT64, NULL},
		{"100", 0, 100000, "100"},
		{"100.00", 0, 100000, "100"},
		{"1.5", 0, G_MININT64, NULL},
		{"1e5", 2, G_MININT64, NULL},
		{"", 2, G_MININT64, NULL},
		{".5", 2, G_MININT64, NULL},
		{"1,000", 2, G_MININT64, NULL},
		{"999999999999.99", 2, 999999999999990, "999999999999.99"},
		{"9999999999999", 2, G_MININT64, NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(amounts); i++) {
		gint64 amount = G_MININT64;
		gboolean right = money_parse(amounts[i].text, amounts[i].digits, &amount);
		g_autofree char *shown = right ? money_format(amount) : NULL;

		g_test_message("'%s'", amounts[i].text);
		g_assert_cmpint(right ? amount : G_MININT64, ==, amounts[i].thousandths);
		g_assert_cmpstr(shown, ==, amounts[i].shown);
	}
}

/* The order of keys is the order of numbers. */
static void test_keys(void)
{
	static const double numbers[] = {-1e300, -5, -1.5, -0.001, 0, 0.001, 1, 2, 10, 1e10, 1e300};
	g_autofree char *before = NULL;
	g_autoptr(json_t) han = json_string("金卡VIP");
	g_autofree char *key = field_index_key(han);

	g_assert_cmpstr(key, ==, "金卡vip");
	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autoptr(json_t) value = json_real(numbers[i]);
		char *next = field_index_key(value);

		if (before)
			g_assert_cmpstr(before, <, next);
		g_free(before);
		before = next;
	}
}

static const char *value_of(const Object *object, const FieldValues *values, const char *name)
{
	gsize i = (gsize)(object_field(object, name) - object->fields);

	return values->values[i].type == DB_TEXT ? values->values[i].text : NULL;
}

static void test_defaults(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) document =
		fixture_json("{'name':'','phone':null,'custom':{'b':1,'a':{'c':[true]}}}");
	g_autoptr(FieldValues) values = field_values_new(&OBJECT_CONTACT, document, NULL, &error);

	g_assert_no_error(error);
	g_assert_null(value_of(&OBJECT_CONTACT, values, "name"));
	g_assert_null(value_of(&OBJECT_CONTACT, values, "phone"));
	g_assert_cmpstr(value_of(&OBJECT_CONTACT, values, "tags"), ==, "[]");
	g_assert_cmpstr(value_of(&OBJECT_CONTACT, values, "custom"), ==,
			"{\"a\":{\"c\":[true]},\"b\":1}");
}

static gboolean fits(const char *name, glong n_chars, const char *filling)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(json_t) document = json_object();
	g_autoptr(FieldValues) values = NULL;

	for (glong i = 0; i < n_chars; i++)
		g_string_append(text, filling);
	json_object_set_new(document, name, json_string(text->str));
	values = field_values_new(&OBJECT_CONTACT, document, NULL, NULL);
	return values != NULL;
}

/* Limits count characters, not bytes. */
static void test_lengths(void)
{
	g_autofree char *large = g_strnfill(20000, 'x');
	g_autoptr(json_t) document = json_object();
	g_autoptr(json_t) custom = json_object();
	g_autoptr(GError) error = NULL;

	g_assert_true(fits("name", 200, "字"));
	g_assert_false(fits("name", 201, "字"));
	g_assert_true(fits("name", 200, "😀"));
	g_assert_false(fits("source", 101, "x"));
	json_object_set_new(custom, "note", json_string(large));
	json_object_set(document, "custom", custom);
	g_assert_null(field_values_new(&OBJECT_CONTACT, document, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
}

static void test_not_an_object(void)
{
	static const char *const texts[] = {"[]", "1", "null", "'x'"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(json_t) document = fixture_json(texts[i]);

		g_assert_null(field_values_new(&OBJECT_CONTACT, document, NULL, &error));
		fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	}
	g_assert_null(field_values_new(&OBJECT_CONTACT, NULL, NULL, NULL));
}

/* The examples of RFC 7396, appendix A, that concern objects. */
static void test_merge(void)
{
	static const struct {
		const char *before, *patch, *after;
	} merges[] = {
		{"{'a':'b'}", "{'a':'c'}", "{\"a\":\"c\"}"},
		{"{'a':'b'}", "{'b':'c'}", "{\"a\":\"b\",\"b\":\"c\"}"},
		{"{'a':'b'}", "{'a':null}", "{}"},
		{"{'a':'b','b':'c'}", "{'a':null}", "{\"b\":\"c\"}"},
		{"{'a':['b']}", "{'a':'c'}", "{\"a\":\"c\"}"},
		{"{'a':'c'}", "{'a':['b']}", "{\"a\":[\"b\"]}"},
		{"{'a':{'b':'c'}}", "{'a':{'b':'d','c':null}}", "{\"a\":{\"b\":\"d\"}}"},
		{"{'a':[{'b':'c'}]}", "{'a':[1]}", "{\"a\":[1]}"},
		{"{'e':null}", "{'a':1}", "{\"a\":1,\"e\":null}"},
		{"{}", "{'a':{'bb':{'ccc':null}}}", "{\"a\":{\"bb\":{}}}"},
		{"{'a':1}", "{'a':{'b':null,'c':2}}", "{\"a\":{\"c\":2}}"},
		{"{'a':1}", "{}", "{\"a\":1}"},
		{"{'a':1}", "[1]", "{\"a\":1}"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(merges); i++) {
		g_autoptr(json_t) document = fixture_json(merges[i].before);
		g_autoptr(json_t) patch = fixture_json(merges[i].patch);
		g_autofree char *after = NULL;

		field_merge(document, patch);
		after = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);

		g_assert_cmpstr(after, ==, merges[i].after);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fields/normalise", test_normalise);
	g_test_add_func("/fields/documents", test_documents);
	g_test_add_func("/fields/bodies", test_bodies);
	g_test_add_func("/fields/money", test_money);
	g_test_add_func("/fields/keys", test_keys);
	g_test_add_func("/fields/defaults", test_defaults);
	g_test_add_func("/fields/lengths", test_lengths);
	g_test_add_func("/fields/not_an_object", test_not_an_object);
	g_test_add_func("/fields/merge", test_merge);
	return g_test_run();
}
