/* Targets are read by one function whoever wrote them; guesses only propose texts for it. */
#include "crm/import_map.h"

#include <string.h>

#include "base/error.h"
#include "crm/schema.h"
#include "text/normalise.h"

enum { CUSTOM_NAME_CHARS = 60, SAMPLE_SHARE = 80 /* percent of cells that must agree */ };

static void column_clear(gpointer data)
{
	ImportColumn *column = data;

	g_free(column->column);
	g_free(column->target);
	g_free(column->member);
}

void import_map_free(ImportMap *map)
{
	if (!map)
		return;
	g_array_unref(map->columns);
	g_free(map);
}

ImportColumn *import_map_column(const ImportMap *map, guint i)
{
	return &g_array_index(map->columns, ImportColumn, i);
}

json_t *import_map_json(const ImportMap *map)
{
	json_t *json = json_object();

	for (guint i = 0; i < map->columns->len; i++)
		json_object_set_new(json, import_map_column(map, i)->column,
				    json_string(import_map_column(map, i)->target));
	return json;
}

/* ---- targets --------------------------------------------------------------------------------------------------- */

typedef struct {
	Db *db;
	const Principal *principal;
	const Object *object;
} MapScope;

static gboolean may_set(const Field *field)
{
	return field && !(field->flags & FIELD_READ_ONLY);
}

static const Object *target_object(const MapScope *scope, const Field *field, GError **error)
{
	if (g_strcmp0(field->target, OBJECT_USER.plural) == 0)
		return &OBJECT_USER;
	return schema_object(scope->db, scope->principal->org_id, field->target, error);
}

/* "company" or "company_id" -> the field company_id. */
static const Field *relation_field(const Object *object, const char *name)
{
	g_autofree char *with_id = g_strconcat(name, "_id", NULL);
	const Field *field = object_field(object, with_id);

	field = field ? field : object_field(object, name);
	return may_set(field) && field->type == FIELD_REFERENCE ? field : NULL;
}

static gboolean can_look_up(const Object *related, const Field *lookup)
{
	return lookup && lookup->type != FIELD_LINES && lookup->type != FIELD_JSON &&
	       (lookup->flags & (FIELD_INDEXED | FIELD_UNIQUE | FIELD_MATCHED) ||
		related->flags & (OBJECT_INTERNAL | OBJECT_ADMIN_ONLY)); /* these are few */
}

static gboolean fail_target(const ImportColumn *column, const Object *object, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
		    "%s=%s: the %s have no field of that name that can be imported", column->column,
		    column->target, object->plural);
	return FALSE;
}

static gboolean read_lookup(const MapScope *scope, ImportColumn *column, const Field *relation,
			    const char *name, GError **error)
{
	column->related = target_object(scope, relation, error);
	if (!column->related)
		return FALSE;
	column->lookup = object_field(column->related, name);
	if (can_look_up(column->related, column->lookup))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
		    "%s=%s: the %s cannot be looked up by '%s'", column->column, column->target,
		    column->related->plural, name);
	return FALSE;
}

/* items.quantity, items.product.sku: the object of the lines' products is always products. */
static gboolean read_line(const MapScope *scope, ImportColumn *column, const char *member,
			  GError **error)
{
	static const Field product =
		FIELD("product_id", FIELD_REFERENCE, 0, 36, "", "", .target = "products");
	static const char *const members[] = {"product_id", "name",	"quantity",
					      "price",	    "discount", NULL};

	if (g_str_has_prefix(member, "product.")) {
		column->kind = IMPORT_LINE_RELATION;
		column->member = g_strdup("product_id");
		return read_lookup(scope, column, &product, strchr(member, '.') + 1, error);
	}
	if (!g_strv_contains(members, member))
		return fail_target(column, scope->object, error);
	column->kind = IMPORT_LINE;
	column->member = g_strdup(member);
	return TRUE;
}

/* What stands behind the first point. */
static gboolean read_member(const MapScope *scope, ImportColumn *column, const char *head,
			    const char *member, GError **error)
{
	const Field *field = object_field(scope->object, head), *declared;
	const Field *relation;

	if (g_str_equal(head, "custom") && may_set(field) &&
	    !(scope->object->flags & OBJECT_INVENTED)) {
		declared = object_field(scope->object, member);
		column->kind = IMPORT_CUSTOM;
		column->field = declared && declared->flags & FIELD_CUSTOM ? declared : NULL;
		column->member = g_strdup(member);
		return TRUE;
	}
	if (may_set(field) && field->type == FIELD_ADDRESS) {
		column->kind = IMPORT_ADDRESS;
		column->field = field;
		column->member = g_strdup(member);
		return TRUE;
	}
	if (may_set(field) && field->type == FIELD_LINES) {
		column->field = field;
		return read_line(scope, column, member, error);
	}
	relation = relation_field(scope->object, head);
	if (!relation)
		return fail_target(column, scope->object, error);
	column->kind = IMPORT_RELATION;
	column->field = relation;
	return read_lookup(scope, column, relation, member, error);
}

static gboolean read_target(const MapScope *scope, ImportColumn *column, GError **error)
{
	const char *point = strchr(column->target, '.');
	const Field *field;
	g_autofree char *head = NULL;

	if (!*column->target)
		return TRUE;
	if (g_str_equal(column->target, "id")) {
		column->kind = IMPORT_ID;
		return TRUE;
	}
	if (point) {
		head = g_strndup(column->target, (gsize)(point - column->target));
		return read_member(scope, column, head, point + 1, error);
	}
	field = object_field(scope->object, column->target);
	if (!may_set(field))
		return fail_target(column, scope->object, error);
	column->field = field;
	column->kind = IMPORT_FIELD;
	if (field->flags & FIELD_CUSTOM && !(scope->object->flags & OBJECT_INVENTED)) {
		column->kind = IMPORT_CUSTOM;
		column->member = g_strdup(field->name);
	}
	return TRUE;
}

/* ---- guesses by name ------------------------------------------------------------------------------------------- */

/* What people call things. The first word is a field, or "=" and the name of an object. */
static const char *const synonyms[] = {
	"email|mail|emailaddress|邮箱|电子邮箱|邮件|电子邮件|邮箱地址|电邮",
	"phone|mobile|tel|telephone|cell|cellphone|mobilephone|phonenumber|contactnumber|手机|"
	"手机号|"
	"手机号码|电话|电话号码|联系电话|移动电话|联系方式",
	"name|fullname|displayname|姓名|名字|名称|全名",
	"title|jobtitle|position|role|职位|职务|岗位|标题",
	"=company|account|accountname|companyname|organization|organisation|firm|employer|公司|"
	"公司名称|"
	"企业|企业名称|单位|客户公司",
	"=contact|contactname|customer|customername|client|person|联系人|客户|客户姓名|顾客",
	"=product|productname|item|产品|商品|产品名称|商品名称",
	"owner|salesagent|salesrep|agent|assignee|负责人|销售|业务员|跟进人",
	"industry|sector|行业",
	"website|web|homepage|网站|官网|主页",
	"domain|域名",
	"n_employees|employees|headcount|员工人数|员工数|人数",
	"revenue|annualrevenue|营收|年收入|营业额",
	"founded|yearestablished|foundedyear|成立年份|成立时间",
	"parent|parentcompany|subsidiaryof|上级公司|母公司",
	"address|street|地址|住址|联系地址|收货地址",
	"tags|labels|标签",
	"source|leadsource|channel|来源|渠道|客户来源",
	"language|lang|语言",
	"price|unitprice|salesprice|单价|售价|价格",
	"category|series|type|分类|类别|品类|系列",
	"sku|stockcode|productcode|itemcode|货号|商品编码|产品编号",
	"description|notes|note|remark|comment|描述|备注|说明",
	"amount|value|closevalue|dealvalue|金额|成交金额|合同金额",
	"expected_close_on|closedate|expectedclosedate|预计成交日期|成交日期",
	"stage|dealstage|阶段|销售阶段",
	"pipeline|销售管道|管道",
	"status|state|状态",
	"number|orderno|ordernumber|invoice|invoiceno|订单号|订单编号|发票号",
	"placed_at|orderdate|orderedat|invoicedate|datetime|下单时间|订单日期|订单时间",
	"currency|币种|货币",
	"country|国家",
	"subject|主题",
	"body|content|内容|正文",
	"at|time|timestamp|时间",
	"type|eventtype|event|类型|事件",
	"active|enabled|在售|启用",
	"quantity|qty|数量",
};

/* Letters and digits of the folded name: "E-Mail " and "email" agree. The caller frees it. */
static char *name_key(const char *name)
{
	g_autofree char *normal = text_normalise(name, -1);
	GString *key = g_string_new(NULL);

	for (const char *c = normal; *c; c = g_utf8_next_char(c))
		if (g_unichar_isalnum(g_utf8_get_char(c)))
			g_string_append_unichar(key, g_utf8_get_char(c));
	return g_string_free(key, FALSE);
}

static gboolean same_name(const char *key, const char *name)
{
	g_autofree char *other = name_key(name);

	return *key && g_str_equal(key, other);
}

static gboolean is_word_of(const char *row, const char *key)
{
	g_auto(GStrv) words = g_strsplit(row + (*row == '='), "|", -1);

	for (char **word = words; *word; word++)
		if (same_name(key, *word))
			return TRUE;
	return FALSE;
}

/* company_id is filled by the name of a company. The caller frees it. */
static char *field_target(const MapScope *scope, const Field *field)
{
	const Object *related;
	const char *head = field->name;
	gsize n = strlen(head);

	if (!may_set(field) || field->type == FIELD_LINES)
		return NULL;
	if (field->flags & FIELD_CUSTOM && !(scope->object->flags & OBJECT_INVENTED))
		return g_strconcat("custom.", head, NULL);
	if (field->type != FIELD_REFERENCE)
		return g_strdup(head);
	related = target_object(scope, field, NULL);
	if (!related || !related->title ||
	    !can_look_up(related, object_field(related, related->title)))
		return NULL;
	if (g_str_has_suffix(head, "_id"))
		n -= strlen("_id");
	return g_strdup_printf("%.*s.%s", (int)n, head, related->title);
}

/* The field of that name, label, or reference of that object. */
static char *target_named(const MapScope *scope, const char *key)
{
	for (gsize i = 0; i < scope->object->n_fields; i++) {
		const Field *field = &scope->object->fields[i];
		g_autofree char *bare = g_str_has_suffix(field->name, "_id")
						? g_strndup(field->name, strlen(field->name) - 3)
						: g_strdup(field->name);

		if (!same_name(key, field->name) && !same_name(key, bare) &&
		    !same_name(key, field->label_zh) && !same_name(key, field->label_en))
			continue;
		if (same_name(key, field->name) && field->type == FIELD_REFERENCE &&
		    !g_str_equal(bare, field->name) && may_set(field))
			return g_strdup(field->name); /* company_id holds ids */
		return field_target(scope, field);
	}
	return NULL;
}

static gboolean names_object(const Object *object, const char *key)
{
	return same_name(key, object->name) || same_name(key, object->plural) ||
	       same_name(key, object->label_zh) || same_name(key, object->label_en);
}

/* A word of a row stands for its field, or for the object's own title. */
static char *target_by_synonym(const MapScope *scope, const char *key)
{
	for (gsize i = 0; i < G_N_ELEMENTS(synonyms); i++) {
		g_autofree char *first =
			g_strndup(synonyms[i] + (*synonyms[i] == '='),
				  strcspn(synonyms[i] + (*synonyms[i] == '='), "|"));
		g_autofree char *first_key = name_key(first);
		char *target;

		if (!is_word_of(synonyms[i], key))
			continue;
		if (*synonyms[i] == '=' && names_object(scope->object, first_key))
			return g_strdup(scope->object->title);
		target = target_named(scope, first_key);
		if (target)
			return target;
	}
	return NULL;
}

/* "items.quantity" as it stands, where it can be read. */
static char *target_literal(const MapScope *scope, const char *name)
{
	ImportColumn trial = {.column = g_strdup(name), .target = g_strdup(name)};
	gboolean known = strchr(name, '.') && read_target(scope, &trial, NULL);

	column_clear(&trial);
	return known ? g_strdup(name) : NULL;
}

/* The caller frees it; NULL when the name says nothing, "" when it is the program's own. */
static char *target_by_name(const MapScope *scope, const char *name)
{
	static const char *const own[] = {"created_at", "updated_at", "version", NULL};
	g_autofree char *key = name_key(name);
	const Field *field = object_field(scope->object, name);
	char *target;

	if (g_str_equal(name, "id"))
		return g_strdup(name);
	if (g_strv_contains(own, name) || (field && field->flags & FIELD_READ_ONLY))
		return g_strdup("");
	if (field && field->type == FIELD_LINES)
		return g_strdup(name);
	target = target_literal(scope, name);
	if (!target)
		target = target_named(scope, key);
	if (!target && names_object(scope->object, key))
		target = g_strdup(scope->object->title);
	return target ? target : target_by_synonym(scope, key);
}

/* ---- guesses by content ---------------------------------------------------------------------------------------- */

static gboolean looks_like(const ImportSample *sample, FieldType type)
{
	guint n = 0;

	for (guint i = 0; i < sample->cells->len; i++)
		n += import_looks_like(type, sample->cells->pdata[i]);
	return n * 100 >= sample->cells->len * SAMPLE_SHARE && sample->cells->len;
}

static gboolean is_taken(const ImportMap *map, const char *target)
{
	for (guint i = 0; i < map->columns->len; i++)
		if (g_strcmp0(import_map_column(map, i)->target, target) == 0)
			return TRUE;
	return FALSE;
}

/* The field of this type, when there is exactly one. */
static const Field *only_field(const Object *object, FieldType type)
{
	const Field *found = NULL;

	for (gsize i = 0; i < object->n_fields; i++)
		if (object->fields[i].type == type && may_set(&object->fields[i])) {
			if (found)
				return NULL;
			found = &object->fields[i];
		}
	return found;
}

static guint count_alike(const ImportMap *map, const ImportSample *samples, FieldType type)
{
	guint n = 0;

	for (guint i = 0; i < map->columns->len; i++)
		n += !import_map_column(map, i)->target && looks_like(&samples[i], type);
	return n;
}

/* Several columns of e-mails or phones: the first counts. Of dates and amounts only a single one is
 * clear. */
static char *target_by_content(const MapScope *scope, const ImportMap *map,
			       const ImportSample *samples, guint i)
{
	static const struct {
		FieldType type;
		gboolean first_counts;
	} types[] = {{FIELD_EMAIL, TRUE}, {FIELD_PHONE, TRUE}, {FIELD_URL, FALSE},
		     {FIELD_DATE, FALSE}, {FIELD_TIME, FALSE}, {FIELD_MONEY, FALSE}};

	for (gsize t = 0; t < G_N_ELEMENTS(types); t++) {
		const Field *field = only_field(scope->object, types[t].type);

		if (!field || is_taken(map, field->name) || !looks_like(&samples[i], types[t].type))
			continue;
		if (types[t].first_counts || count_alike(map, samples, types[t].type) == 1)
			return field_target(scope, field);
	}
	return NULL;
}

/* Does most of a column contradict the type that its name speaks of? */
static gboolean contradicts(const MapScope *scope, const ImportSample *sample, const char *target)
{
	const Field *field = object_field(scope->object, target);

	return field && sample->cells->len &&
	       (field->type == FIELD_EMAIL || field->type == FIELD_PHONE) &&
	       !looks_like(sample, field->type) &&
	       looks_like(sample, field->type == FIELD_EMAIL ? FIELD_PHONE : FIELD_EMAIL);
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static void propose(ImportColumn *column, char *target, const char *because)
{
	column->target = target;
	column->because = because;
}

static void propose_given(ImportMap *map, const json_t *given)
{
	for (guint i = 0; i < map->columns->len; i++) {
		ImportColumn *column = import_map_column(map, i);
		const json_t *target = json_object_get(given, column->column);

		if (target)
			propose(column,
				g_strdup(json_is_string(target) ? json_string_value(target) : ""),
				"given");
	}
}

static void propose_names(const MapScope *scope, ImportMap *map, const ImportSample *samples)
{
	for (guint i = 0; i < map->columns->len; i++) {
		ImportColumn *column = import_map_column(map, i);
		g_autofree char *target =
			column->target ? NULL : target_by_name(scope, column->column);

		if (target && (!*target || !is_taken(map, target)) &&
		    !contradicts(scope, &samples[i], target))
			propose(column, g_steal_pointer(&target), "name");
	}
}

static void propose_rest(const MapScope *scope, ImportMap *map, const ImportSample *samples)
{
	gboolean custom = !(scope->object->flags & OBJECT_INVENTED) &&
			  may_set(object_field(scope->object, "custom"));

	for (guint i = 0; i < map->columns->len; i++) {
		ImportColumn *column = import_map_column(map, i);
		char *target = column->target ? NULL : target_by_content(scope, map, samples, i);

		if (target)
			propose(column, target, "content");
	}
	for (guint i = 0; i < map->columns->len; i++) {
		ImportColumn *column = import_map_column(map, i);
		gsize n = text_prefix(column->column, -1, CUSTOM_NAME_CHARS);

		if (!column->target)
			propose(column,
				custom ? g_strdup_printf("custom.%.*s", (int)n, column->column)
				       : g_strdup(""),
				"unknown");
	}
}

/* Whether the dates of a column put the day first. */
static gboolean day_first(const ImportSample *sample)
{
	for (guint i = 0; i < sample->cells->len; i++) {
		int order = import_date_order(sample->cells->pdata[i]);

		if (order)
			return order > 0;
	}
	return FALSE;
}

static gboolean check_given(const ImportMap *map, const json_t *given, GError **error)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(guintptr)given, name, value)
	{
		gboolean known = FALSE;

		for (guint i = 0; i < map->columns->len; i++)
			known |= g_str_equal(import_map_column(map, i)->column, name);
		if (known)
			continue;
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "the table has no column '%s'",
			    name);
		return FALSE;
	}
	return TRUE;
}

ImportMap *import_map_new(Db *db, const Principal *principal, const Object *object,
			  const ImportSample *samples, gsize n_samples, const json_t *given,
			  GError **error)
{
	MapScope scope = {db, principal, object};
	g_autoptr(ImportMap) map = g_new0(ImportMap, 1);

	map->columns = g_array_new(FALSE, TRUE, sizeof(ImportColumn));
	g_array_set_clear_func(map->columns, column_clear);
	g_array_set_size(map->columns, (guint)n_samples);
	for (guint i = 0; i < n_samples; i++)
		import_map_column(map, i)->column = g_strdup(samples[i].name);
	if (!check_given(map, given, error))
		return NULL;
	propose_given(map, given);
	propose_names(&scope, map, samples);
	propose_rest(&scope, map, samples);
	for (guint i = 0; i < n_samples; i++) {
		ImportColumn *column = import_map_column(map, i);

		if (!read_target(&scope, column, error))
			return NULL;
		column->form.day_first = day_first(&samples[i]);
	}
	return g_steal_pointer(&map);
}
