/* The declared objects. Tables only; records.c makes them live. */
#include "crm/objects.h"

#include <string.h>

#include "base/json.h"
#include "crm/knowledge.h"

static const Field contact_fields[] = {
	{"name", FIELD_TEXT, FIELD_SEARCHABLE | FIELD_PERSONAL, 200, NULL, NULL, "姓名", "Name"},
	{"email", FIELD_EMAIL, FIELD_SEARCHABLE | FIELD_PERSONAL | FIELD_FILTER, 254, NULL, NULL,
	 "邮箱", "E-mail"},
	{"phone", FIELD_PHONE, FIELD_SEARCHABLE | FIELD_PERSONAL | FIELD_FILTER, 40, NULL, NULL,
	 "电话", "Phone"},
	{"company_id", FIELD_REFERENCE, 0, 36, NULL, NULL, "公司", "Company"},
	{"title", FIELD_TEXT, FIELD_SEARCHABLE, 200, NULL, NULL, "职位", "Title"},
	{"language", FIELD_TEXT, FIELD_FILTER, 16, NULL, NULL, "语言", "Language"},
	{"source", FIELD_TEXT, FIELD_FILTER, 100, NULL, NULL, "来源", "Source"},
	{"tags", FIELD_TAGS, FIELD_SEARCHABLE, 60, NULL, "[]", "标签", "Tags"},
	{"owner_id", FIELD_REFERENCE, FIELD_FILTER, 36, NULL, NULL, "负责人", "Owner"},
	{"custom", FIELD_JSON, FIELD_PERSONAL, 16384, NULL, "{}", "自定义字段", "Custom fields"},
};

static const Field article_fields[] = {
	{"title", FIELD_TEXT, FIELD_REQUIRED | FIELD_SEARCHABLE, 500, NULL, NULL, "标题", "Title"},
	{"body", FIELD_LONG_TEXT, FIELD_REQUIRED | FIELD_SEARCHABLE, 200000, NULL, NULL, "正文",
	 "Body"},
	{"kind", FIELD_CHOICE, FIELD_FILTER, 16, "faq|document", "faq", "种类", "Kind"},
	{"category", FIELD_TEXT, FIELD_SEARCHABLE | FIELD_FILTER, 200, NULL, NULL, "分类",
	 "Category"},
	{"url", FIELD_URL, 0, 2000, NULL, NULL, "网址", "Address"},
	{"language", FIELD_CHOICE, FIELD_FILTER, 8, "zh|en", NULL, "语言", "Language"},
	{"status", FIELD_CHOICE, FIELD_FILTER, 16, "published|draft", "published", "状态",
	 "Status"},
	{"source", FIELD_TEXT, FIELD_FILTER, 500, NULL, NULL, "来源", "Source"},
};

const Object OBJECT_CONTACT = {
	.name = "contact",
	.plural = "contacts",
	.label_zh = "联系人",
	.label_en = "Contacts",
	.fields = contact_fields,
	.n_fields = G_N_ELEMENTS(contact_fields),
};

const Object OBJECT_ARTICLE = {
	.name = "article",
	.plural = "articles",
	.label_zh = "知识文章",
	.label_en = "Articles",
	.fields = article_fields,
	.n_fields = G_N_ELEMENTS(article_fields),
	.prepare = knowledge_article_prepare,
	.changed = knowledge_article_changed,
	.extra_column = "(SELECT count(*) FROM passages p WHERE p.org_id = t.org_id AND "
			"p.article_id = t.id)",
	.extra_name = "n_passages",
};

static const Object *const all[] = {&OBJECT_CONTACT, &OBJECT_ARTICLE};

const Object *const *objects_all(gsize *ret_n)
{
	*ret_n = G_N_ELEMENTS(all);
	return all;
}

const Object *object_find(const char *plural)
{
	for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
		if (g_str_equal(all[i]->plural, plural))
			return all[i];
	return NULL;
}

const Field *object_field(const Object *object, const char *name)
{
	for (gsize i = 0; i < object->n_fields; i++)
		if (g_str_equal(object->fields[i].name, name))
			return &object->fields[i];
	return NULL;
}

static void put_field_schema(JsonWriter *w, const Field *field)
{
	static const char *const formats[] = {[FIELD_EMAIL] = "email",
					      [FIELD_URL] = "uri",
					      [FIELD_REFERENCE] = "uuid",
					      [FIELD_JSON] = NULL};
	g_auto(GStrv) choices = field->choices ? g_strsplit(field->choices, "|", -1) : NULL;

	json_object_begin(w, field->name);
	if (field->type == FIELD_TAGS) {
		json_put_string(w, "type", "array");
		json_put_raw(w, "items", "{\"type\":\"string\"}");
	} else if (field->type == FIELD_JSON) {
		json_put_string(w, "type", "object");
	} else {
		json_put_raw(w, "type",
			     field->flags & FIELD_REQUIRED ? "\"string\""
							   : "[\"string\",\"null\"]");
		json_put_int(w, "maxLength", field->max_chars);
	}
	if (formats[field->type])
		json_put_string(w, "format", formats[field->type]);
	if (choices) {
		json_array_begin(w, "enum");
		for (char **choice = choices; *choice; choice++)
			json_put_string(w, NULL, *choice);
		if (!(field->flags & FIELD_REQUIRED))
			json_put_null(w, NULL);
		json_array_end(w);
	}
	json_put_string(w, "title", field->label_en);
	json_object_end(w);
}

char *object_schema(const Object *object)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "type", "object");
	json_object_begin(&w, "properties");
	json_put_raw(&w, "id", "{\"type\":\"string\",\"format\":\"uuid\",\"readOnly\":true}");
	for (gsize i = 0; i < object->n_fields; i++)
		put_field_schema(&w, &object->fields[i]);
	if (object->extra_name)
		json_put_raw(&w, object->extra_name, "{\"type\":\"integer\",\"readOnly\":true}");
	json_put_raw(&w, "created_at",
		     "{\"type\":\"string\",\"format\":\"date-time\",\"readOnly\":true}");
	json_put_raw(&w, "updated_at",
		     "{\"type\":\"string\",\"format\":\"date-time\",\"readOnly\":true}");
	json_object_end(&w);
	json_object_end(&w);
	return g_string_free(out, FALSE);
}
