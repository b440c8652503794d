/*
 * What announces a name decides first; a capitalised word in the midst of a sentence that is no plain
 * word and no place is taken for a person's, with low confidence. Chinese names without an announcer
 * need a surname and given-name characters, and an edge of a word on both sides.
 */
#include "text/value_names.h"

#include <string.h>

#include "text/name_lists.h"

enum { NAME_MAX_WORDS = 4, PLACE_MAX_BYTES = 40, FIRM_MIN_CHARS = 4, ACRONYM_MAX_BYTES = 5 };

#define ANNOUNCED_LATIN_CONFIDENCE .9
#define TWO_WORDS_CONFIDENCE .7
#define ONE_WORD_CONFIDENCE .5
#define LISTED_PLACE_CONFIDENCE .85

/* A word of a name: a capital letter, then any; an initial; particles between. */
#define LETTER "[\\p{Latin}\\p{Greek}\\p{Cyrillic}\\p{M}]"
#define CAP "\\p{Lu}" LETTER "*(?:['-](?!s\\b)" LETTER "+)*"
#define INITIAL "\\p{Lu}\\."
#define CAPS                                                                                      \
	"(?:" INITIAL "|" CAP                                                                     \
	")(?: (?:(?:de|da|do|di|van|von|der|den|la|le|bin|al|el|of|du) ){0,2}(?:" INITIAL "|" CAP \
	")){0,5}"
#define LOWER_NAME "\\p{L}[\\p{L}'-]+"
#define HAN_EDGE_BEFORE "(?<![\\p{sc:Han}])"
/* What may stand behind a Chinese name: a sign, or a word of these. */
#define HAN_EDGE_AFTER                                                                                                   \
	"(?=[^\\p{sc:Han}]|$|的|在|是|说|要|和|与|跟|您好|你好|想|打|发|给|来|去|已|也|把|将|刚|" \
	"今|"                                                                                                           \
	"明|昨|会|有|先|负|收|电|手|订|买|于|通|让|对|向|为)"
#define HAN_EDGE_HEAD                                                                                                       \
	"(?:(?<![\\p{sc:Han}])|(?<=[和与跟给找叫让是由请向对把将帮、为])|(?<=客户|同事|联系|经理|" \
	"老师|小姐|先生|朋友|转告|通知))"

/* TITLED: Latin, begins with a title; nothing is taken off its ends. */
typedef enum { HAN, LATIN, TITLED } NameScript;

typedef struct {
	ValueKind kind;
	NameScript script;
	double confidence;
	const char *expression; /* the group "n" is the name */
} NameRow;

static const NameRow rows[] = {
	{VALUE_PERSON, HAN, .9,
	 "(?<n>(?:" SURNAME_TWO "|[" SURNAME_ANY "])[" GIVEN "]{1,2})(?=" TITLE_HAN ")"},
	{VALUE_PERSON, HAN, .9, "(?<n>" SURNAME_TWO "|[" SURNAME_PLAIN "])(?=" TITLE_HAN ")"},
	{VALUE_PERSON, HAN, .92,
	 "(?:我叫|我姓名是|姓名[是:]? ?|名字[是叫:]? ?|联系人[是:]? ?|收件人[是:]? ?|收货人[是:]? "
	 "?|本人叫?|签收人[是:]? ?|客户[:] ?|叫做)"
	 "(?<n>(?:" SURNAME_TWO "|[" SURNAME_ANY "])[\\p{sc:Han}]{1,2})" HAN_EDGE_AFTER},
	{VALUE_PERSON, HAN, .85,
	 "(?:我是|这是|这里是|他叫|她叫|找|联系)(?<n>(?:" SURNAME_TWO "|[" SURNAME_ANY "])[" GIVEN
	 "]{1,2})" HAN_EDGE_AFTER},
	{VALUE_PERSON, HAN, .8,
	 "(?:我姓|免贵姓|贵姓|姓)(?<n>" SURNAME_TWO "|[" SURNAME_ANY "])" HAN_EDGE_AFTER},
	{VALUE_PERSON, HAN, .75,
	 HAN_EDGE_HEAD "(?<n>(?:" SURNAME_TWO "|[" SURNAME_PLAIN "])[" GIVEN
		       "]{1,2})" HAN_EDGE_AFTER},
	{VALUE_PERSON, HAN, .7,
	 HAN_EDGE_HEAD "(?<n>[" SURNAME_ANY "][" GIVEN "]{2})" HAN_EDGE_AFTER},
	{VALUE_COMPANY, HAN, .85,
	 "(?<n>(?:[\\p{sc:Han}]{2,12}(?:[(（][\\p{sc:Han}]{2,6}[)）])?[\\p{sc:Han}]{0,8}?)(?<!我们|"
	 "你们|"
	 "他们|贵|本|我|该|哪个|一家|这家|那家|什么)" FIRM_HAN ")"},
	{VALUE_PERSON, TITLED, .92, "\\b(?<n>" TITLE_LATIN " " CAPS ")"},
	{VALUE_PERSON, LATIN, .92,
	 "(?i:\\b(?:my (?:full |first |last |sur)?name is|my name's|my surname is|name: |named? "
	 "(?:is|of) |i am called|call me|under (?:the |my )?(?:name )?(?:of )?|in the name of|the "
	 "name is|name is|the name's|it's under|this is))[ :]{0,2}(?<n>" CAPS ")"},
	{VALUE_PERSON, LATIN, .9,
	 "(?i:\\b(?:my (?:full |first |last )?name is|my name's|i am called|the name is|in the "
	 "name of|under the name(?: of)?)) "
	 "(?<n>(?!not\\b|on\\b|the\\b|wrong\\b|in\\b|my\\b|miss)\\p{Ll}[\\p{L}'-]+(?: "
	 "(?!and\\b|but\\b|please\\b|for\\b|i\\b|at\\b|on\\b)\\p{Ll}[\\p{L}'-]+)?)"},
	{VALUE_PERSON, LATIN, .85,
	 "(?i:\\b(?:i am|i'm|dear|hi|hello|hey|contact|speak to|talk to|ask "
	 "for|regards,?|sincerely,?|cheers,?|thanks,?|attn:?))\\s{1,3}(?<n>" CAPS ")"},
	{VALUE_PERSON, LATIN, .75, "(?<n>" CAP "),? (?:says|said|here|speaking|wrote)\\b"},
	{VALUE_COMPANY, LATIN, .9,
	 "(?<n>(?:" CAP "(?: & | and | of |,? (?=" FIRM_LATIN ")| )){1,5}" FIRM_LATIN ")"},
	{VALUE_COMPANY, LATIN, .8,
	 "(?i:\\b(?:work(?:s|ed|ing)? (?:for|at)|employed by|on behalf of|company:?|employer:?)) "
	 "(?<n>" CAPS ")"},
};

/* ---- lists ----------------------------------------------------------------------------------- */

static const char *const places_han[] = {
#define PLACE_HAN(name) name,
#define PLACE_LATIN(name)
#include "text/places.def"
#undef PLACE_HAN
#undef PLACE_LATIN
};

static const char *const places_latin[] = {
#define PLACE_HAN(name)
#define PLACE_LATIN(name) name,
#include "text/places.def"
#undef PLACE_HAN
#undef PLACE_LATIN
};

typedef struct {
	GRegex *rows[G_N_ELEMENTS(rows)];
	GRegex *caps, *lower, *han_place, *han_address;
	GHashTable *plain; /* words in lower case */
	GHashTable *given;
	GHashTable *places; /* Latin, in lower case */
} Names;

static GRegex *compile(const char *expression)
{
	g_autoptr(GError) error = NULL;
	GRegex *regex = g_regex_new(expression, G_REGEX_OPTIMIZE | G_REGEX_DUPNAMES, 0, &error);

	if (!regex)
		g_error("value_names.c: %s", error->message);
	return regex;
}

static char *han_places(void)
{
	GString *all = g_string_new("(?:");

	for (guint i = 0; i < G_N_ELEMENTS(places_han); i++)
		g_string_append_printf(all, "%s%s", i ? "|" : "", places_han[i]);
	g_string_append(all, ")");
	return g_string_free(all, FALSE);
}

#define ADDRESS_TAIL                                                                                                               \
	"(?:[\\p{sc:Han}A-Za-z]{0,12}?(?:路|街|道|巷|胡同|弄|大街|大道|镇|乡|村|屯|社区|小区|"                  \
	"花园|苑|新村|广场|大厦|"                                                                                         \
	"[东南西北中一二三四五六七八九]段|中心|园区|工业园|科技园|产业园|开发区|公寓|家园|城|" \
	"大学|学院|医院|大楼|山庄)|"                                                                                     \
	"[甲乙丙丁]?[0-9一二三四五六七八九十]{1,6} ?"                                                                \
	"(?:号楼|号院|号门|支弄|单元|号|弄|栋|幢|座|层|楼|室|户|组|队)|"                                      \
	"[A-Za-z][座栋塔幢区]|[0-9]{1,4}(?:-[0-9]{1,4}){1,2}(?![0-9])|[A-Za-z]?[0-9]{2,5}室?|"                               \
	"-[0-9]{1,5}| )"

static GHashTable *word_set(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (char **word = words; *word; word++)
		g_hash_table_add(set, g_strdup(*word));
	return set;
}

static Names *names_new(void)
{
	Names *names = g_new0(Names, 1);
	g_autofree char *listed = han_places(), *place = NULL, *address = NULL;

	place = g_strconcat(listed, "(?:省|市|自治区)?(?:[\\p{sc:Han}]{1,5}?[市区县](?!别|分))?",
			    NULL);
	address = g_strconcat(
		"(?:(?:(?:", listed,
		"(?:省|市|特别行政区|(?:壮族|回族|维吾尔)?自治区)?)+(?:[\\p{sc:Han}]{1,"
		"7}?(?:[市区县旗]|自治州|地区))*)|"
		"(?<![\\p{sc:Han}])(?!住|在|送|寄|发|我|到|是|地址)(?![\\p{sc:Han}]{1,5}?",
		listed,
		")[\\p{sc:Han}]{2,7}?(?:["
		"市区县])[\\p{sc:Han}]{0,7}?(?:[区县镇])?)" ADDRESS_TAIL "{1,12}|"
		"(?<=地址[:是]|送到|寄到|住在|发到|寄往|在)[\\p{sc:Han}]{2,8}?(?:(?:路|街|"
		"大道|巷|胡同|弄)[0-9]{1,5}(?:号|弄)|(?:小区|花园|苑|新村|公寓|家园|大厦|广场)[0-"
		"9A-Za-z]{1,5}"
		"(?:号楼|号|栋|幢|座|单元|层|楼|室))" ADDRESS_TAIL "{0,6}",
		NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		names->rows[i] = compile(rows[i].expression);
	names->caps = compile("(?<![\\p{L}0-9@.])" CAPS);
	names->lower = compile("(?<![\\p{L}@.'-])(?<given>\\p{Ll}{2,12})(?: "
			       "(?<family>(?!and\\b|is\\b|was\\b|in\\b|"
			       "on\\b|at\\b|for\\b|to\\b|from\\b|has\\b|will\\b|said\\b|please\\b|"
			       "with\\b|the\\b)\\p{Ll}{3,}))?");
	names->han_place = compile(place);
	names->han_address = compile(address);
	names->plain = word_set(PLAIN_WORDS);
	names->given = word_set(GIVEN_LATIN);
	names->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(places_latin); i++)
		g_hash_table_add(names->places, g_ascii_strdown(places_latin[i], -1));
	return names;
}

/* ---- what was found -------------------------------------------------------------------------- */

static void put(GArray *found, ValueKind kind, double confidence, const char *text, gsize start,
		gsize end)
{
	Value value = {.kind = kind, .start = start, .end = end, .confidence = confidence};

	if (end - start >= 2 && memcmp(text + end - 2, "'s", 2) == 0)
		value.end -= 2;
	while (value.end > start && strchr(" ,.-'", text[value.end - 1]) &&
	       !(value.end - start >= 2 && text[value.end - 1] == '.' && kind == VALUE_COMPANY))
		value.end--;
	if (value.end <= start)
		return;
	value.value = g_strndup(text + start, value.end - start);
	g_array_append_val(found, value);
}

static gboolean is_plain(const Names *names, const char *word, gsize n)
{
	g_autofree char *key = g_ascii_strdown(word, (gssize)n);
	gsize length = strlen(key);

	if (length > 2 && g_str_has_suffix(key, "'s"))
		key[length - 2] = '\0';
	return g_hash_table_contains(names->plain, key);
}

/* Takes plain words off both ends. */
static gboolean trim(const Names *names, const char *text, gsize *start, gsize *end)
{
	for (gsize n; *start < *end; *start += n) {
		const char *space = memchr(text + *start, ' ', *end - *start);

		n = space ? (gsize)(space - text) - *start : *end - *start;
		if (!is_plain(names, text + *start, n))
			break;
		n += space != NULL;
	}
	while (*start < *end) {
		gsize n = 0;

		while (*end - n > *start && text[*end - n - 1] != ' ')
			n++;
		if (!is_plain(names, text + *end - n, n))
			break;
		*end -= MIN(n + 1, *end - *start);
	}
	return *start < *end;
}

/* 公司是深圳市某某有限公司: a firm's name begins behind such a word. */
static gsize firm_start(const char *text, gsize start, gsize end)
{
	static const char *const words[] = {"是", "叫", "在", "给", "为",
					    "跟", "的", "到", "去", "你好"};
	gsize begin = start;

	for (gsize at = start; at < end; at += g_utf8_skip[(guchar)text[at]])
		for (guint i = 0; i < G_N_ELEMENTS(words); i++)
			if (g_str_has_prefix(text + at, words[i]))
				begin = at + strlen(words[i]);
	return begin < end ? begin : start;
}

/* 这个酒店, 快递公司 are no names. */
static gboolean is_firm(const char *text, gsize start, gsize end)
{
	static const char *const generic[] = {
		"这", "那", "一",   "几",   "某",   "哪",   "各",     "什么",	"其",
		"你", "我", "贵",   "快递", "物流", "保险", "分公司", "总公司", "子公司",
		"该", "两", "三",   "四",   "五",   "很",   "了",     "家",	"个",
		"有", "和", "中介", "搬家", "外贸", "广告", "装修"};

	for (guint i = 0; i < G_N_ELEMENTS(generic); i++)
		if (g_str_has_prefix(text + start, generic[i]))
			return FALSE;
	return g_utf8_strlen(text + start, (gssize)(end - start)) >= FIRM_MIN_CHARS;
}

static void find_rows(const Names *names, const char *text, guint64 kinds, gboolean latin,
		      GArray *found)
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GMatchInfo) info = NULL;

		if (!(kinds & VALUE_BIT(rows[i].kind)) || (rows[i].script != HAN) != latin)
			continue;
		for (g_regex_match(names->rows[i], text, 0, &info); g_match_info_matches(info);
		     g_match_info_next(info, NULL)) {
			int first = 0, last = 0;
			gsize start, end;

			g_match_info_fetch_named_pos(info, "n", &first, &last);
			start = (gsize)first;
			end = (gsize)last;
			if (first >= 0 && !latin && rows[i].kind == VALUE_COMPANY) {
				start = firm_start(text, start, end);
				if (!is_firm(text, start, end))
					continue;
			}
			if (first >= 0 &&
			    (!latin || rows[i].script == TITLED || trim(names, text, &start, &end)))
				put(found, rows[i].kind, rows[i].confidence, text, start, end);
		}
	}
}

static gboolean is_listed_place(const Names *names, const char *text, gsize start, gsize end)
{
	g_autofree char *key = end - start < PLACE_MAX_BYTES
				       ? g_ascii_strdown(text + start, (gssize)(end - start))
				       : NULL;

	if (key && g_str_has_suffix(key, "'s"))
		key[strlen(key) - 2] = '\0';
	return key && g_hash_table_contains(names->places, key);
}

/* Does the sentence begin here? Then a capital letter says nothing. */
static gboolean begins_sentence(const char *text, gsize at)
{
	while (at > 0 && strchr(" \"'([", text[at - 1]))
		at--;
	return at == 0 || strchr(".!?\n:;", text[at - 1]) ||
	       g_str_has_prefix(text + at - MIN(at, 3), "。");
}

/* The first word of a sentence: is it called upon, or does something, or is a name anyway? */
static gboolean is_subject(const Names *names, const char *text, gsize start, gsize end)
{
	static const char *const behind[] = {",",      ":",	 "\n",	  "'s ",   " is ",
					     " was ",  " has ",	 " said", " says", " and ",
					     " will ", " works", " lives"};
	g_autofree char *word = g_ascii_strdown(text + start, (gssize)(end - start));

	if (!text[end] || g_hash_table_contains(names->given, word))
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(behind); i++)
		if (g_str_has_prefix(text + end, behind[i]))
			return TRUE;
	return FALSE;
}

/* Given names in lower case, with the word behind them: "patricia desrosiers". */
static void find_lower(const Names *names, const char *text, GArray *found)
{
	g_autoptr(GMatchInfo) info = NULL;

	for (g_regex_match(names->lower, text, 0, &info); g_match_info_matches(info);
	     g_match_info_next(info, NULL)) {
		g_autofree char *word = g_match_info_fetch_named(info, "given");
		int start = 0, end = 0, second = -1;

		if (!g_hash_table_contains(names->given, word))
			continue;
		g_match_info_fetch_named_pos(info, "given", &start, &end);
		g_match_info_fetch_named_pos(info, "family", NULL, &second);
		put(found, VALUE_PERSON, TWO_WORDS_CONFIDENCE, text, (gsize)start,
		    (gsize)MAX(end, second));
	}
}

/* ATM, SWIFT, ATMs */
static gboolean is_acronym(const char *text, gsize n)
{
	n -= n > 2 && text[n - 1] == 's';
	for (gsize i = 0; i < n; i++)
		if (!g_ascii_isupper(text[i]))
			return FALSE;
	return n <= ACRONYM_MAX_BYTES;
}

/* A capitalised run: a place of the list, else perhaps a person. */
static void judge_run(const Names *names, const char *text, gsize start, gsize end, guint64 kinds,
		      GArray *found)
{
	gboolean first, several;

	if (!trim(names, text, &start, &end))
		return;
	first = begins_sentence(text, start);
	several = memchr(text + start, ' ', end - start) != NULL;
	if (is_listed_place(names, text, start, end)) {
		if (kinds & VALUE_BIT(VALUE_PLACE))
			put(found, VALUE_PLACE, LISTED_PLACE_CONFIDENCE, text, start, end);
		return;
	}
	if (!(kinds & VALUE_BIT(VALUE_PERSON)) || end - start < 3 ||
	    (!several && is_acronym(text + start, end - start)) ||
	    (first && !several && !is_subject(names, text, start, end)))
		return;
	put(found, VALUE_PERSON, several ? TWO_WORDS_CONFIDENCE : ONE_WORD_CONFIDENCE, text, start,
	    end);
}

static void find_runs(const Names *names, const char *text, guint64 kinds, GArray *found)
{
	g_autoptr(GMatchInfo) info = NULL;

	for (g_regex_match(names->caps, text, 0, &info); g_match_info_matches(info);
	     g_match_info_next(info, NULL)) {
		int start = 0, end = 0;

		g_match_info_fetch_pos(info, 0, &start, &end);
		judge_run(names, text, (gsize)start, (gsize)end, kinds, found);
	}
}

/* A street or a house with a number; 上海的市中心 is none. */
static gboolean is_address(const char *text, gsize n)
{
	static const char *const parts[] = {"路", "街", "道", "巷", "弄",   "村",   "镇",
					    "号", "园", "苑", "座", "大厦", "广场", "小区"};
	g_autofree char *found = g_strndup(text, n);

	if (!strpbrk(found, "0123456789") && !strstr(found, "号"))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
		if (strstr(found, parts[i]))
			return TRUE;
	return FALSE;
}

static void find_all(const GRegex *regex, ValueKind kind, double confidence, const char *text,
		     GArray *found)
{
	g_autoptr(GMatchInfo) info = NULL;

	for (g_regex_match(regex, text, 0, &info); g_match_info_matches(info);
	     g_match_info_next(info, NULL)) {
		int start = 0, end = 0;

		g_match_info_fetch_pos(info, 0, &start, &end);
		if (kind != VALUE_ADDRESS || is_address(text + start, (gsize)(end - start)))
			put(found, kind, confidence, text, (gsize)start, (gsize)end);
	}
}

static gboolean has_han(const char *text)
{
	for (; *text; text++)
		if ((guchar)*text >= 0xE3)
			return TRUE;
	return FALSE;
}

void value_names_find(const char *text, guint64 kinds, GArray *found)
{
	static Names *shared;
	const Names *names;

	if (g_once_init_enter(&shared))
		g_once_init_leave(&shared, names_new());
	names = shared;
	if (has_han(text)) {
		find_rows(names, text, kinds, FALSE, found);
		if (kinds & VALUE_BIT(VALUE_PLACE))
			find_all(names->han_place, VALUE_PLACE, LISTED_PLACE_CONFIDENCE, text,
				 found);
		if (kinds & VALUE_BIT(VALUE_ADDRESS))
			find_all(names->han_address, VALUE_ADDRESS, .9, text, found);
	}
	if (kinds & (VALUE_BIT(VALUE_PERSON) | VALUE_BIT(VALUE_COMPANY) | VALUE_BIT(VALUE_PLACE))) {
		find_rows(names, text, kinds, TRUE, found);
		find_runs(names, text, kinds, found);
		if (kinds & VALUE_BIT(VALUE_PERSON))
			find_lower(names, text, found);
	}
}
