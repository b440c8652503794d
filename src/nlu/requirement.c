/* Cues next to values decide what a value is for; a thing wanted stands behind a verb or a number. */
#include "nlu/requirement.h"

#include <string.h>

enum { CUE_BYTES = 36, TIME_GAP_BYTES = 16 };

#define WANT                                                                                                                     \
	"(?:想要|想买|想订|想咨询|想?预约|想换|想定制|(?:商品|产品|货品)[是为:]|要买|要订|需要|"  \
	"求购|团购|购买|"                                                                                                  \
	"采购|"                                                                                                                \
	"订购|预订|预定|下单|订做|"                                                                                    \
	"定制|"                                                                                                                \
	"[来要](?=[0-9一二两三四五六七八九十])|给我|帮我(?:订|买|下)?|我要|我想|我们要|打算(?:买|" \
	"订)?"                                                                                                                  \
	"|"                                                                                                                      \
	"(?<=[，。！？,.!? ])要|^要|换货|退货|退款|报价|"                                                          \
	"\\b(?:(?:would|'d) like|want(?:ed)?|need|order(?=\\b)|buy|purchase|looking "                                            \
	"for|interested in|"                                                                                                     \
	"book|reserve|require|send (?:me|us)|get (?:me|us)|quote (?:for|me|us)|arrange|ship)\\b)"

/* The noun phrase behind a want or a quantity. */
#define THING_END_HAN "[^，。！？；、,.!?;:\\n0-9一二两三四五六七八九十¥$]"
#define NO_THING                                                                                        \
	"(?!退货|退款|换货|报价|问|知道|了解|咨询|查|取消|投诉|出差|看|说|价|" \
	"(?:(?:an? |the |my |your |some )?(?:refund|money|assistance|help|card "                        \
	"number)\\b|to|i|for|know|cancel|speak|talk|ask|see|return|have|be|get|help|it|you|him|"        \
	"her|them|"                                                                                     \
	"this|that)\\b)"
#define THING                                                                                                                     \
	NO_THING "(?:(?<han>(?:(?:[A-Za-z][A-Za-z0-9 "                                                                            \
		 ".-]{0,15})?(?![了的有坏是不就都也还没很太多吧啊呢在到从被让把给用买想要好几人])" \
		 "(?:[书笔米油茶酒车鞋花药表灯锅碗纸糖奶肉鱼菜]|[\\p{sc:Han}]" THING_END_HAN                                      \
		 ")" THING_END_HAN                                                                                                \
		 "{0,20}?)(?=[，。！？；、,.!?;:\\n]|$|，|的?预算|送到|发到|寄到|大概|"                         \
		 "以及|还有|和[0-9一二两三四五六七八九十]|[0-9¥$]|多少钱|吗|呢|吧|(?:了|是|很|不|"     \
		 "都|就|也|才|被|太|没|有|要|在|于|请|"                                                               \
		 "，|给|"                                                                                                       \
		 "最好|必须)|[一二两三四五六七八九十]+[个件箱份套台元块]))|"                               \
		 "(?<latin>(?:[A-Za-z][\\w'-]*)(?: "                                                                              \
		 "(?!(?:by|before|for|to|with|at|from|and|on|in|until|under|delivered|please|"                                    \
		 "that|which|"                                                                                                    \
		 "who|as|next|"                                                                                                   \
		 "this|tomorrow|today|asap|within|no|around|about|shipped|per|each|if|because|is|"                                \
		 "are|or|"                                                                                                        \
		 "but|my|our|it)\\b)[A-Za-z0-9][\\w'-]*){0,5}))"

typedef struct {
	GRegex *want, *thing_behind_want, *thing_behind_quantity, *constraint, *budget, *due_before,
		*due_behind, *within_behind, *spent;
} Cues;

static GRegex *compile(const char *expression)
{
	g_autoptr(GError) error = NULL;
	GRegex *regex = g_regex_new(
		expression, G_REGEX_CASELESS | G_REGEX_OPTIMIZE | G_REGEX_DUPNAMES, 0, &error);

	if (!regex)
		g_error("requirement.c: %s", error->message);
	return regex;
}

static Cues *cues_new(void)
{
	Cues *cues = g_new0(Cues, 1);

	cues->want = compile(WANT);
	cues->thing_behind_want = compile(
		WANT "(?:一下|一些|一批|点|个|买|订|[退换修](?![货款单饰])(?:一下|掉|成)?|成(?=[A-"
		     "Za-z0-9])|"
		     "(?:今天|昨天|前天|上周|上个月|刚|之前|以前)刚?(?:买|订|下单|收到)的| to "
		     "(?:buy|order|purchase|book|reserve|get|return|exchange|cancel)|"
		     " (?:a|an|the|some|any|more|your|our|about)\\b|"
		     " (?:someone|somebody) to [a-z]+ (?:my|our|the|a)\\b| )*" THING);
	cues->thing_behind_quantity =
		compile("^(?:的|左右的?| of| more|x| |×)*(?:(?:the|a|an|your|our) )?" THING);
	cues->constraint =
		compile("(?:必须|务必|一定要|要求|(?<!要)不要(?!紧)|(?<!能)不能|(?<!可)不可以|(?:"
			"颜色|尺寸|尺码|型号|规格)(?:要|必须|是|为)|最好|只要(?!是)"
			"|含税|含运费|包邮|支持|"
			"\\b(?:must(?: be| have)?|should(?: be| have)?|only|without|at "
			"least|at most|no more than|"
			"needs? to be|has to|have to|preferabl[ey]|preferred|make "
			"sure|ideally|as long as|except|not)\\b)"
			"[^，。！？；,.!?;\\n]{1,60}");
	cues->budget = compile("(?:预算|不超过|控制在|最多|上限|以内|之内|价位|\\b(?:budget|under|"
			       "up to|max(?:imum)?|"
			       "no more than|less than|below|within|afford|spend|at most)\\b)");
	cues->due_before = compile("(?:截止|最晚|最迟|不晚于|赶在|\\b(?:by|before|until|no later "
				   "than|deadline|due|need it|within|not later than)\\b)"
				   "[^，。！？,.!?]{0,16}$");
	cues->due_behind =
		compile("^ ?(?:之前|以前|前|之内|以内|内|要|必须|到货|交货|送到|截止|用)");
	cues->spent = compile("(?:花了?|付了?|收了?|扣了?|充了?|买的|\\b(?:paid|spent|cost|charged|"
			      "was))[^，。！？,.!?]{0,8}$");
	cues->within_behind = compile("^ ?(?:以内|之内|以下|左右|封顶)");
	return cues;
}

/* ---- text around a value --------------------------------------------------------------------- */

static gsize back(const char *text, gsize at, gsize n)
{
	gsize begin = at > n ? at - n : 0;

	while (begin > 0 && ((guchar)text[begin] & 0xC0) == 0x80)
		begin--;
	return begin;
}

static gboolean has_before(const GRegex *regex, const char *text, gsize at)
{
	gsize begin = back(text, at, CUE_BYTES);
	g_autofree char *head = g_strndup(text + begin, at - begin);

	return g_regex_match(regex, head, 0, NULL);
}

static gboolean has_behind(const GRegex *regex, const char *text, gsize at)
{
	gsize end = MIN(strlen(text), at + CUE_BYTES);
	g_autofree char *tail = NULL;

	end = end < strlen(text) ? back(text, end, 0) : end;
	tail = g_strndup(text + at, end > at ? end - at : 0);
	return g_regex_match(regex, tail, 0, NULL);
}

static void set(RequirementField *field, const Value *value, double confidence)
{
	field->start = value->start;
	field->end = value->end;
	field->confidence = value->confidence * confidence;
	field->value = g_strdup(value->value);
	field->unit = g_strdup(value->unit);
}

static const Value *first_of(const GArray *values, guint64 kinds, double least)
{
	for (guint i = 0; i < values->len; i++) {
		const Value *value = &g_array_index(values, Value, i);

		if ((VALUE_BIT(value->kind) & kinds) && value->confidence >= least)
			return value;
	}
	return NULL;
}

/* ---- fields ---------------------------------------------------------------------------------- */

static gboolean is_sentence_end(const char *at)
{
	return strchr("!?\n;", *at) || g_str_has_prefix(at, "。") || g_str_has_prefix(at, "！") ||
	       g_str_has_prefix(at, "？") || g_str_has_prefix(at, "；") ||
	       (*at == '.' && (at[1] == ' ' || !at[1]));
}

/* The sentence around the first want. */
static void find_request(const Cues *cues, const char *text, Requirement *r)
{
	g_autoptr(GMatchInfo) info = NULL;
	int at = 0;
	gsize start, end;

	if (!g_regex_match(cues->want, text, 0, &info))
		return;
	g_match_info_fetch_pos(info, 0, &at, NULL);
	start = 0;
	for (gsize i = 0; i < (gsize)at; i += g_utf8_skip[(guchar)text[i]])
		if (is_sentence_end(text + i))
			start = i + g_utf8_skip[(guchar)text[i]];
	end = (gsize)at;
	while (text[end] && !is_sentence_end(text + end))
		end += g_utf8_skip[(guchar)text[end]];
	while (g_ascii_isspace(text[start]))
		start++;
	r->request = (RequirementField){.start = start, .end = end, .confidence = .8};
}

/* A thing that is a value itself (an amount, a phone) is none; one that begins with a day is
 * (中秋月饼). */
static gboolean overlaps(const GArray *values, gsize start, gsize end)
{
	static const guint64 things =
		VALUE_BIT(VALUE_PERSON) | VALUE_BIT(VALUE_PRODUCT) | VALUE_BIT(VALUE_PLACE);

	for (guint i = 0; i < values->len; i++) {
		const Value *value = &g_array_index(values, Value, i);
		gboolean named =
			value->kind == VALUE_DATE && value->start == start && value->end < end;

		if (!(VALUE_BIT(value->kind) & things) && !named && value->start < end &&
		    start < value->end)
			return TRUE;
	}
	return FALSE;
}

static gboolean put_thing(const GRegex *regex, const char *text, gsize from, const GArray *values,
			  double confidence, RequirementField *what)
{
	g_autoptr(GMatchInfo) info = NULL;
	const char *group = "han";
	int start = -1, end = -1;

	if (!g_regex_match(regex, text + from, 0, &info))
		return FALSE;
	if (!g_match_info_fetch_named_pos(info, group, &start, &end) || start < 0)
		g_match_info_fetch_named_pos(info, "latin", &start, &end);
	if (start < 0 || end <= start || overlaps(values, from + (gsize)start, from + (gsize)end))
		return FALSE;
	*what = (RequirementField){
		.start = from + (gsize)start, .end = from + (gsize)end, .confidence = confidence};
	return TRUE;
}

/* Behind every quantity; without one, behind the want. */
static void find_things(const Cues *cues, const char *text, const GArray *values, Requirement *r)
{
	for (guint i = 0; i < values->len && r->n_things < REQUIREMENT_THINGS_MAX; i++) {
		const Value *value = &g_array_index(values, Value, i);

		if (value->kind == VALUE_QUANTITY &&
		    put_thing(cues->thing_behind_quantity, text, value->end, values, .8,
			      &r->things[r->n_things]))
			r->n_things++;
	}
	if (!r->n_things && put_thing(cues->thing_behind_want, text, 0, values, .65, &r->things[0]))
		r->n_things = 1;
}

static void find_what(const GArray *values, Requirement *r)
{
	const Value *product = first_of(values, VALUE_BIT(VALUE_PRODUCT), 0);

	if (product && (!r->n_things || product->confidence > r->things[0].confidence))
		set(&r->what, product, 1);
	else if (r->n_things)
		r->what = r->things[0];
}

static void find_budget(const Cues *cues, const char *text, const GArray *values, Requirement *r)
{
	const Value *first = NULL;

	for (guint i = 0; i < values->len; i++) {
		const Value *value = &g_array_index(values, Value, i);

		if (value->kind != VALUE_MONEY)
			continue;
		if (has_before(cues->budget, text, value->start) ||
		    has_behind(cues->within_behind, text, value->end)) {
			set(&r->budget, value, 1);
			return;
		}
		if (!has_before(cues->spent, text, value->start))
			first = first ? first : value;
	}
	if (first && r->request.end)
		set(&r->budget, first, .6);
}

/* The time that stands right behind the day is the day's; NULL = none. */
static const Value *time_of(const GArray *values, guint at)
{
	const Value *date = &g_array_index(values, Value, at);
	const Value *next = at + 1 < values->len ? &g_array_index(values, Value, at + 1) : NULL;

	return next && next->kind == VALUE_TIME && next->start - date->end <= TIME_GAP_BYTES &&
			       !strchr(date->value, '/')
		       ? next
		       : NULL;
}

static void add_time(const Value *time, RequirementField *field)
{
	char *both = g_strconcat(field->value, "T", time->value, NULL);

	g_free(field->value);
	field->value = both;
	field->end = time->end;
}

static void find_deadline(const Cues *cues, const char *text, const GArray *values, GDateTime *now,
			  Requirement *r)
{
	g_autofree char *today = g_date_time_format(now, "%Y-%m-%d");
	int best = -1;
	double confidence = 0;

	for (guint i = 0; i < values->len; i++) {
		const Value *value = &g_array_index(values, Value, i);
		const Value *time;
		double sure;

		if (value->kind != VALUE_DATE)
			continue;
		time = time_of(values, i);
		sure = has_before(cues->due_before, text, value->start) ||
				       has_behind(cues->due_behind, text,
						  time ? time->end : value->end)
			       ? 1
		       : r->request.end && strcmp(value->value, today) >= 0 ? .6
									    : 0;
		if (sure > confidence) {
			confidence = sure;
			best = (int)i;
		}
	}
	if (best < 0)
		return;
	set(&r->deadline, &g_array_index(values, Value, best), confidence);
	if (time_of(values, (guint)best))
		add_time(time_of(values, (guint)best), &r->deadline);
}

static void find_constraints(const Cues *cues, const char *text, Requirement *r)
{
	g_autoptr(GMatchInfo) info = NULL;

	for (g_regex_match(cues->constraint, text, 0, &info);
	     g_match_info_matches(info) && r->n_constraints < REQUIREMENT_CONSTRAINTS_MAX;
	     g_match_info_next(info, NULL)) {
		int start = 0, end = 0;

		g_match_info_fetch_pos(info, 0, &start, &end);
		r->constraints[r->n_constraints++] = (RequirementField){
			.start = (gsize)start, .end = (gsize)end, .confidence = .7};
	}
}

static void set_first(RequirementField *field, const GArray *values, guint64 kinds, double least)
{
	const Value *value = first_of(values, kinds, least);

	if (value && !field->end)
		set(field, value, 1);
}

/* 一批, 一款 say little: another quantity counts before them. */
static void set_quantity(RequirementField *field, const GArray *values)
{
	for (guint i = 0; i < values->len && !field->end; i++) {
		const Value *value = &g_array_index(values, Value, i);

		if (value->kind == VALUE_QUANTITY && g_strcmp0(value->unit, "批") != 0 &&
		    g_strcmp0(value->unit, "款") != 0)
			set(field, value, 1);
	}
	set_first(field, values, VALUE_BIT(VALUE_QUANTITY), 0);
}

Requirement requirement_find(const char *text, const GArray *values, GDateTime *now)
{
	static Cues *shared;
	const Cues *cues;
	Requirement r = {0};

	if (g_once_init_enter(&shared))
		g_once_init_leave(&shared, cues_new());
	cues = shared;
	find_request(cues, text, &r);
	set_first(&r.who, values, VALUE_BIT(VALUE_PERSON), .75);
	set_first(&r.who, values, VALUE_BIT(VALUE_COMPANY), 0);
	set_first(&r.contact, values, VALUE_BIT(VALUE_PHONE), 0);
	set_first(&r.contact, values, VALUE_BIT(VALUE_EMAIL), 0);
	set_quantity(&r.quantity, values);
	set_first(&r.quantity, values, VALUE_BIT(VALUE_PEOPLE), 0);
	find_budget(cues, text, values, &r);
	find_deadline(cues, text, values, now, &r);
	if (!r.request.end && !r.quantity.end && !r.budget.end)
		return r;
	find_things(cues, text, values, &r);
	find_what(values, &r);
	find_constraints(cues, text, &r);
	return r;
}

static void field_clear(RequirementField *field)
{
	g_clear_pointer(&field->value, g_free);
	g_clear_pointer(&field->unit, g_free);
}

void requirement_clear(Requirement *r)
{
	RequirementField *const fields[] = {&r->request, &r->who,      &r->what,   &r->quantity,
					    &r->budget,	 &r->deadline, &r->contact};

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		field_clear(fields[i]);
	for (guint i = 0; i < r->n_constraints; i++)
		field_clear(&r->constraints[i]);
}
