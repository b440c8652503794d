/*
 * What is looked for is looked for in a folded copy (full-width signs, dashes, invisible characters),
 * which knows where each of its bytes came from; what is replaced is replaced in the original, so that
 * the rest stays as it was written.
 */
#include "text/mask.h"

#include <string.h>

#include "text/folded.h"
#include "text/values_scan.h"

enum {
	KIND_MAX_BYTES = 8,
	PLACEHOLDER_DIGITS = 4,
	EMAIL_MAX_BYTES = 254,
	HAN_NAME_MAX = 4,
	ID_DIGITS = 18,
	CARD_MIN_DIGITS = 13,
	CARD_MAX_DIGITS = 19
};

static const char *const kind_names[N_MASK_KINDS] = {"PHONE", "EMAIL", "ID", "CARD", "NUMBER",
						     "NAME",  "PLACE", "IP", "TEXT"};

struct Mask {
	GPtrArray *names;    /* folded, longest first */
	GHashTable *by_text; /* what was hidden, folded -> placeholder */
	GHashTable *by_name; /* "PHONE_1" -> what was hidden, as written */
	guint n[N_MASK_KINDS];
};

/* ---- numbers --------------------------------------------------------------------------------- */

/* Which values are hidden, and as what. */
static const MaskKind kind_of_value[N_VALUE_KINDS] = {
	[VALUE_PHONE] = MASK_PHONE,	[VALUE_EMAIL] = MASK_EMAIL, [VALUE_CHINESE_ID] = MASK_ID,
	[VALUE_SSN] = MASK_ID,		[VALUE_PASSPORT] = MASK_ID, [VALUE_LICENCE] = MASK_ID,
	[VALUE_CARD] = MASK_CARD,	[VALUE_IBAN] = MASK_CARD,   [VALUE_PERSON] = MASK_NAME,
	[VALUE_ADDRESS] = MASK_ADDRESS, [VALUE_IP] = MASK_IP,
};
#define HIDDEN_VALUES                                                                    \
	(VALUE_BIT(VALUE_PHONE) | VALUE_BIT(VALUE_EMAIL) | VALUE_BIT(VALUE_CHINESE_ID) | \
	 VALUE_BIT(VALUE_SSN) | VALUE_BIT(VALUE_PASSPORT) | VALUE_BIT(VALUE_LICENCE) |   \
	 VALUE_BIT(VALUE_CARD) | VALUE_BIT(VALUE_IBAN) | VALUE_BIT(VALUE_PERSON) |       \
	 VALUE_BIT(VALUE_ADDRESS) | VALUE_BIT(VALUE_IP))
#define SURE .8 /* below it a value is left: a word too many hidden costs the answer */

/* Numbers that their check digits tell, whatever stands between the digits. */
static gboolean is_chinese_id(const char *digits, gsize n, gboolean ends_in_x)
{
	g_autofree char *id = g_strdup_printf("%.*s%s", (int)n, digits, ends_in_x ? "x" : "");

	return n + ends_in_x == ID_DIGITS && check_chinese_id(id);
}

static gboolean is_card(const char *digits, gsize n)
{
	return n >= CARD_MIN_DIGITS && n <= CARD_MAX_DIGITS && check_luhn(digits, n);
}

/* A run as it stands, and its digits alone. */
typedef struct {
	char digits[32];
	gsize n_digits, n_bytes;
	gsize n_groups, first_group;
	gboolean plus, x;
} Run;

static gboolean is_date(const char *text, const Run *run)
{
	return run->n_groups == 3 && run->n_digits <= 8 && run->first_group == 4 &&
	       (g_str_has_prefix(text, "19") || g_str_has_prefix(text, "20"));
}

static MaskKind number_kind(const Run *run)
{
	const char *d = run->digits;
	gsize n = run->n_digits;

	if (is_chinese_id(d, n, run->x))
		return MASK_ID;
	if (!run->plus && is_card(d, n))
		return MASK_CARD;
	if (run->plus || (n == 11 && d[0] == '1' && d[1] >= '3') || d[0] == '0' ||
	    (n >= 10 && n <= 13 && (run->n_groups > 1 || g_str_has_prefix(d, "86"))) ||
	    (run->n_groups > 1 && n <= 12))
		return MASK_PHONE;
	return MASK_NUMBER;
}

/* Separators within a number, 0 = none or too many. */
static gsize gap_bytes(const char *text)
{
	gsize gap = strspn(text, " -.()/");

	return gap == 1 || (gap == 2 && strpbrk(text, "()-") < text + 2 && strpbrk(text, "()-"))
		       ? gap
		       : 0;
}

/* Digits with at most two separators between them. */
static void read_run(const char *text, Run *run)
{
	gsize at = *text == '+' || *text == '(' ? 1 : 0, n = 0;

	*run = (Run){.plus = *text == '+', .n_groups = 1};
	for (; g_ascii_isdigit(text[at]); n++) {
		gsize gap = gap_bytes(text + at + 1);

		if (n < sizeof run->digits - 1)
			run->digits[n] = text[at];
		run->first_group += run->n_groups == 1;
		at++;
		if (gap && g_ascii_isdigit(text[at + gap])) {
			at += gap;
			run->n_groups++;
		}
	}
	run->n_digits = MIN(n, sizeof run->digits - 1);
	run->x = run->n_digits == 17 && text[at] == 'x' && !g_ascii_isalnum(text[at + 1]);
	run->n_bytes = at + run->x;
}

static gsize read_number(const char *text, gsize at, MaskKind *ret_kind)
{
	Run run;

	if (!(g_ascii_isdigit(text[at]) ||
	      ((text[at] == '+' || text[at] == '(') && g_ascii_isdigit(text[at + 1]))) ||
	    (at > 0 && (g_ascii_isdigit(text[at - 1]))))
		return 0;
	read_run(text + at, &run);
	if (run.n_digits < MASK_NUMBER_DIGITS || is_date(text + at, &run))
		return 0;
	*ret_kind = number_kind(&run);
	return run.n_bytes;
}

/* 一三八零零一三八零零零, also with 幺 and spaces. */
static gsize read_han_number(const char *text, gsize at, MaskKind *ret_kind)
{
	static const char *const digits[] = {"零", "〇", "一", "幺", "二", "两", "三",
					     "四", "五", "六", "七", "八", "九"};
	guint n = 0, i = 0;
	gsize end = at, next = at;

	while (i < G_N_ELEMENTS(digits)) {
		for (i = 0; i < G_N_ELEMENTS(digits); i++)
			if (g_str_has_prefix(text + next, digits[i]))
				break;
		if (i < G_N_ELEMENTS(digits)) {
			end = next += strlen(digits[i]);
			next += text[next] == ' ' || text[next] == '-';
			n++;
		}
	}
	*ret_kind = MASK_NUMBER;
	return n >= MASK_NUMBER_DIGITS ? end - at : 0;
}

/* ---- e-mail addresses ------------------------------------------------------------------------ */

static gboolean is_local_part(char c)
{
	return g_ascii_isalnum(c) || (c && strchr("._%+-", c));
}

/* An address with at most one space at its @. */
static gsize read_email(const char *text, gsize at, MaskKind *ret_kind)
{
	gsize n = at, dot = 0;

	if (!is_local_part(text[at]) || (at > 0 && is_local_part(text[at - 1])))
		return 0;
	while (is_local_part(text[n]))
		n++;
	n += text[n] == ' ' && text[n + 1] == '@';
	if (text[n] != '@' || n - at > EMAIL_MAX_BYTES)
		return 0;
	n++;
	n += text[n] == ' ';
	while (g_ascii_isalnum(text[n]) ||
	       (strchr(".-", text[n]) && text[n] && g_ascii_isalnum(text[n + 1]))) {
		dot = text[n] == '.' ? n : dot;
		n++;
	}
	*ret_kind = MASK_EMAIL;
	return dot ? n - at : 0;
}

/* ---- names ----------------------------------------------------------------------------------- */

static gboolean is_han_at(const char *text)
{
	gunichar c = (guchar)*text >= 0xE0 ? g_utf8_get_char(text) : 0;

	return c && g_unichar_get_script(c) == G_UNICODE_SCRIPT_HAN;
}

static gboolean is_latin_word(const char *text)
{
	return (guchar)*text < 0xE0 && g_unichar_isalpha(g_utf8_get_char(text));
}

static gboolean within_word(const char *text, gsize at)
{
	const char *before = at > 0 ? g_utf8_find_prev_char(text, text + at) : NULL;

	return before && is_latin_word(before);
}

static gsize read_known_name(const Mask *mask, const char *text, gsize at)
{
	for (guint i = 0; i < mask->names->len; i++) {
		const char *name = g_ptr_array_index(mask->names, i);
		gsize n = strlen(name);

		if (strncmp(text + at, name, n) != 0)
			continue;
		if (is_latin_word(name) && (within_word(text, at) || is_latin_word(text + at + n)))
			continue;
		return n;
	}
	return 0;
}

static gboolean is_announced(const char *text, gsize at)
{
	static const char *const labels[] = {
		"我叫",	   "姓名是",  "姓名:",	     "姓名: ",	   "名字是",	  "名字叫",
		"收件人:", "联系人:", "my name is ", "my name's ", "i am called "};

	for (guint i = 0; i < G_N_ELEMENTS(labels); i++) {
		gsize n = strlen(labels[i]);

		if (at >= n && memcmp(text + at - n, labels[i], n) == 0)
			return TRUE;
	}
	return FALSE;
}

static gsize latin_word_bytes(const char *text)
{
	gsize n = 0;

	while (text[n] && (is_latin_word(text + n) || (n && strchr("-'", text[n]))))
		n += g_utf8_skip[(guchar)text[n]];
	return n;
}

/* A name behind what announces one: two to four Han characters, or one or two words. */
static gsize read_told_name(const char *text, gsize at)
{
	gsize n = 0, more;
	guint chars = 0;

	if (!is_announced(text, at))
		return 0;
	for (; chars < HAN_NAME_MAX && is_han_at(text + at + n); chars++)
		n += g_utf8_skip[(guchar)text[at + n]];
	if (chars)
		return chars < 2 ? 0 : n;
	n = latin_word_bytes(text + at);
	more = n && text[at + n] == ' ' && !g_str_has_prefix(text + at + n, " and ")
		       ? latin_word_bytes(text + at + n + 1)
		       : 0;
	return more ? n + 1 + more : n;
}

static int longer_first(gconstpointer a, gconstpointer b)
{
	gsize left = strlen(*(const char *const *)a), right = strlen(*(const char *const *)b);

	return left < right   ? 1
	       : left > right ? -1
			      : g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

static void add_name(Mask *mask, const char *name, gsize n)
{
	g_autofree char *part = g_strndup(name, n);
	guint least = is_latin_word(part) ? 3 : 2;

	g_strstrip(part);
	if (g_utf8_strlen(part, -1) >= least &&
	    !g_ptr_array_find_with_equal_func(mask->names, part, g_str_equal, NULL))
		g_ptr_array_add(mask->names, g_steal_pointer(&part));
}

/* The whole name and its parts: words of a Latin one, the given name of a Chinese one of three. */
static void add_names(Mask *mask, const char *name)
{
	g_auto(Folded) folded = folded_new(name);
	g_auto(GStrv) words = g_strsplit(folded.lower->str, " ", 8);
	const char *text = folded.lower->str;

	add_name(mask, text, strlen(text));
	for (char **word = words; *word && words[1]; word++)
		add_name(mask, *word, strlen(*word));
	if (is_han_at(text) && g_utf8_strlen(text, -1) == 3)
		add_name(mask, text + 3, strlen(text + 3));
}

/* ---- placeholders ---------------------------------------------------------------------------- */

/* Bytes of one of the texts at the head of text[0, n), 0 = none; *partial: text ends inside one. */
static gsize read_one_of(const char *text, gsize n, const char *const *texts, gboolean *partial)
{
	for (; *texts; texts++) {
		gsize bytes = strlen(*texts), common = MIN(bytes, n);

		if (g_ascii_strncasecmp(text, *texts, common) != 0)
			continue;
		if (common == bytes)
			return bytes;
		*partial = TRUE;
	}
	return 0;
}

static gsize read_kind(const char *text, gsize n, MaskKind *ret_kind, gboolean *partial)
{
	for (guint i = 0; i < N_MASK_KINDS; i++) {
		const char *const name[] = {kind_names[i], NULL};
		gsize bytes = read_one_of(text, n, name, partial);

		*ret_kind = (MaskKind)i;
		if (bytes)
			return bytes;
	}
	return 0;
}

/* The number of a placeholder behind its kind: "_1". Returns the bytes, *ret_digits the digits among them. */
static gsize read_ordinal(const char *text, gsize n, gboolean strict, gsize *ret_digits,
			  gboolean *partial)
{
	static const char *const links[] = {"_", " ", "-", "\\_", NULL};
	gsize link = read_one_of(text, n, links, partial), digits = 0;

	while (link + digits < n && g_ascii_isdigit(text[link + digits]) &&
	       digits <= PLACEHOLDER_DIGITS)
		digits++;
	*partial = *partial || link + digits == n;
	*ret_digits = digits;
	return digits && digits <= PLACEHOLDER_DIGITS && !(strict && link && *text != '_')
		       ? link + digits
		       : 0;
}

/* "[PHONE_1]" at the head of text[0, n), forgiving; 0 = none. *partial: more of it may come. name gets
 * "PHONE_1". Without brackets only as we write it. */
static gsize read_placeholder(const char *text, gsize n, char name[KIND_MAX_BYTES + 8],
			      gboolean *partial)
{
	static const char *const opens[] = {"[", "【", "［", NULL};
	static const char *const closes[] = {"]", "】", "］", NULL};
	gsize at = read_one_of(text, n, opens, partial), open = at, kind_bytes, bytes, digits;
	MaskKind kind;

	if (*partial)
		return 0;
	while (open && at < n && text[at] == ' ')
		at++;
	kind_bytes = read_kind(text + at, n - at, &kind, partial);
	if (!kind_bytes || (!open && !g_ascii_isupper(text[at])))
		return 0;
	at += kind_bytes;
	*partial = FALSE;
	bytes = read_ordinal(text + at, n - at, !open, &digits, partial);
	if (!bytes)
		return 0;
	at += bytes;
	g_snprintf(name, KIND_MAX_BYTES + 8, "%s_%.*s", kind_names[kind], (int)digits,
		   text + at - digits);
	return open ? at + read_one_of(text + at, n - at, closes, partial) : at;
}

static gsize read_own_placeholder(const char *text, gsize at, MaskKind *ret_kind)
{
	char name[KIND_MAX_BYTES + 8];
	gboolean partial = FALSE;
	g_autofree char *upper = g_ascii_strup(text + at, (gssize)strnlen(text + at, 32));

	*ret_kind = MASK_TEXT;
	if (at > 0 && g_ascii_isalnum(text[at - 1]))
		return 0;
	return read_placeholder(upper, strlen(upper), name, &partial);
}

/* ---- hiding ---------------------------------------------------------------------------------- */

Mask *mask_new(const char *const *names)
{
	Mask *mask = g_new0(Mask, 1);

	mask->names = g_ptr_array_new_with_free_func(g_free);
	mask->by_text = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	mask->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	mask_add_names(mask, names);
	return mask;
}

void mask_add_names(Mask *mask, const char *const *names)
{
	for (; names && *names; names++)
		add_names(mask, *names);
	g_ptr_array_sort(mask->names, longer_first);
}

void mask_free(Mask *mask)
{
	if (!mask)
		return;
	g_ptr_array_unref(mask->names);
	g_hash_table_unref(mask->by_text);
	g_hash_table_unref(mask->by_name);
	g_free(mask);
}

/* What is to be hidden at text[at]: its bytes, 0 = nothing. */
static gsize find_at(const Mask *mask, const char *text, gsize at, MaskKind *ret_kind)
{
	gsize n = read_email(text, at, ret_kind);

	if (!n)
		n = read_number(text, at, ret_kind);
	if (!n && (guchar)text[at] >= 0x80)
		n = read_han_number(text, at, ret_kind);
	if (!n && (text[at] == '[' || g_ascii_isalpha(text[at]) || (guchar)text[at] >= 0xE3))
		n = read_own_placeholder(text, at, ret_kind);
	if (n)
		return n;
	*ret_kind = MASK_NAME;
	n = read_known_name(mask, text, at);
	return n ? n : read_told_name(text, at);
}

/* The placeholder of what was found: the one it has, or a new one. */
static const char *placeholder(Mask *mask, MaskKind kind, const char *folded, gsize n,
			       const char *original, gsize n_original)
{
	g_autofree char *key = g_strndup(folded, n);
	const char *known = g_hash_table_lookup(mask->by_text, key);
	char *name;

	if (known)
		return known;
	if (g_hash_table_size(mask->by_text) >= MASK_MAX)
		return "[MORE]";
	name = g_strdup_printf("%s_%u", kind_names[kind], ++mask->n[kind]);
	g_hash_table_insert(mask->by_name, name, g_strndup(original, n_original));
	g_hash_table_insert(mask->by_text, key, g_strdup_printf("[%s]", name));
	return g_hash_table_lookup(mask->by_text, g_steal_pointer(&key));
}

/* The first value that does not begin before at; sure ones only. */
static const Value *next_value(const GArray *values, guint *i, gsize at)
{
	for (; *i < values->len; (*i)++) {
		const Value *value = &g_array_index(values, Value, *i);

		if (value->start >= at && value->confidence >= SURE)
			return value;
	}
	return NULL;
}

char *mask_hide(Mask *mask, const char *text)
{
	g_auto(Folded) folded = folded_new(text);
	const gsize *offsets = (const gsize *)(gpointer)folded.offsets->data;
	const char *seen = folded.lower->str;
	GString *out = g_string_new(NULL);
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autoptr(GArray) values = text_values(folded.text->str, now, HIDDEN_VALUES);
	guint i = 0;
	gsize done = 0; /* of the original */
	gsize from = 0; /* behind what was hidden last, which is no part of what follows */

	for (gsize at = 0; at < folded.lower->len;) {
		const Value *value = next_value(values, &i, at);
		gboolean here = value && value->start == at;
		MaskKind kind = here ? kind_of_value[value->kind] : MASK_TEXT;
		gsize n = here ? value->end - value->start
			       : find_at(mask, seen + from, at - from, &kind);

		if (!n) {
			at += g_utf8_skip[(guchar)seen[at]];
			continue;
		}
		g_string_append_len(out, text + done, (gssize)(offsets[at] - done));
		done = offsets[at + n];
		g_string_append(out, placeholder(mask, kind, seen + at, n, text + offsets[at],
						 done - offsets[at]));
		from = at += n;
	}
	g_string_append(out, text + done);
	return g_string_free(out, FALSE);
}

guint mask_count(const Mask *mask, MaskKind kind)
{
	return mask->n[kind];
}

/* ---- restoring ------------------------------------------------------------------------------- */

void mask_restore_piece(const Mask *mask, GString *rest, const char *piece, gsize n, gboolean last,
			GString *out)
{
	gsize at = 0;

	g_string_append_len(rest, piece, (gssize)n);
	while (at < rest->len) {
		char name[KIND_MAX_BYTES + 8];
		gboolean partial = FALSE,
			 inside = out->len && g_ascii_isalnum(out->str[out->len - 1]);
		gsize taken =
			inside && rest->str[at] != '[' && (guchar)rest->str[at] < 0x80
				? 0
				: read_placeholder(rest->str + at, rest->len - at, name, &partial);
		const char *hidden;

		if (partial && !last)
			break;
		hidden = taken ? g_hash_table_lookup(mask->by_name, name) : NULL;
		if (hidden) {
			g_string_append(out, hidden);
			at += taken;
		} else {
			g_string_append_c(out, rest->str[at++]);
		}
	}
	g_string_erase(rest, 0, (gssize)at);
}

char *mask_restore(const Mask *mask, const char *text)
{
	g_autoptr(GString) rest = g_string_new(NULL);
	GString *out = g_string_new(NULL);

	mask_restore_piece(mask, rest, text, strlen(text), TRUE, out);
	return g_string_free(out, FALSE);
}
