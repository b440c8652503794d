/*
 * Expressions over the width-folded text find what has the shape of an address or a phone; then
 * what stands in front decides: a number that is named as an order's, an account's or an identity
 * card's is none, whatever its shape.
 */
#include "text/contact_details.h"

#include <string.h>

#include <glib.h>

enum { EMAIL_MAX_BYTES = 254, PHONE_MIN_DIGITS = 7, PHONE_MAX_DIGITS = 15, LABEL_MAX_BYTES = 64 };

#define EMAIL                                                                                   \
	"(?<![a-z0-9._%+@-])[a-z0-9_][a-z0-9._%+-]{0,63}@[a-z0-9-]{1,63}(?:\\.[a-z0-9-]{1,63})" \
	"{0,4}\\.[a-z]{2,24}(?![a-z0-9])"

#define SEPARATOR "[ .-]?"
/* International; Chinese mobile; area code (also in brackets) and number; five and six digits
 * (British mobile); North American and Chinese service numbers. */
#define PHONE                                                                                     \
	"(?<![0-9a-z])(?<![0-9][.-])(?:"                                                          \
	"(?:\\+|00(?=[1-9]))[0-9]{1,3}[ -]?(?:\\(?[0-9]{1,4}\\)?[ -]?){2,5}[0-9]{2,4}|"           \
	"(?:86[ -]?)?1[3-9][0-9]" SEPARATOR "[0-9]{4}" SEPARATOR "[0-9]{4}|"                      \
	"(?:(?<![0-9] )0[0-9]{2,3}[ -]?|\\(0[0-9]{2,3}\\)[ -]?)[0-9]{3,4}[ -]?[0-9]{4}"           \
	"(?![ -][0-9])|"                                                                          \
	"(?<![0-9] )0[0-9]{4}[ -]?[0-9]{6}|"                                                      \
	"(?<![0-9] )(?:\\([2-9][0-9]{2}\\) ?|[2-9][0-9]{2}[ -])[0-9]{3}[ -][0-9]{4}(?![ -][0-9])" \
	")(?![0-9a-z]|[.,][0-9])"

/* "订单号：", "order no. ", "tracking number is " right before the number. */
#define OTHER_NUMBER                                                                                                              \
	"(?:订单|运单|快递单?|物流单?|单据|单|编|流水|发票|身份证|证件|卡|账|帐|会员|货|序列|批|" \
	"\\b(?:order|invoice|tracking|parcel|shipment|reference|ref|ticket|case|account|card|"                                    \
	"customer|member|serial|item|product|id)\\b)"                                                                             \
	"[ ]*(?:号码?|编号|单号|\\b(?:number|no|nr|num|id|code)\\b)*[ ]*[.:#=]*[ ]*"                                        \
	"(?:是|为|\\bis\\b|\\bwas\\b)?[ ]*[:#=]?[ ]*$|#[ ]*$"

static gboolean is_other_number(const char *text, int at)
{
	int begin = MAX(0, at - LABEL_MAX_BYTES);
	g_autofree char *before = NULL;

	while (begin > 0 && ((guchar)text[begin] & 0xC0) == 0x80)
		begin--;
	before = g_strndup(text + begin, (gsize)(at - begin));
	return g_regex_match_simple(OTHER_NUMBER, before, G_REGEX_CASELESS, 0);
}

static gboolean is_email(const char *text, int at, const char *found)
{
	(void)text;
	(void)at;
	return strlen(found) <= EMAIL_MAX_BYTES && !strstr(found, "..");
}

static gboolean is_phone(const char *text, int at, const char *found)
{
	int n_digits = 0;

	for (const char *c = found; *c; c++)
		n_digits += g_ascii_isdigit(*c);
	return n_digits >= PHONE_MIN_DIGITS && n_digits <= PHONE_MAX_DIGITS &&
	       !is_other_number(text, at);
}

/* The first that is one, or NULL. The caller frees it. */
static char *find_first(const char *expression, const char *text,
			gboolean (*is_one)(const char *text, int at, const char *found))
{
	g_autoptr(GRegex) regex = g_regex_new(expression, G_REGEX_CASELESS, 0, NULL);
	g_autoptr(GMatchInfo) info = NULL;

	for (g_regex_match(regex, text, 0, &info); g_match_info_matches(info);
	     g_match_info_next(info, NULL)) {
		g_autofree char *found = g_match_info_fetch(info, 0);
		int at = 0;

		g_match_info_fetch_pos(info, 0, &at, NULL);
		if (is_one(text, at, found))
			return g_steal_pointer(&found);
	}
	return NULL;
}

/* Full-width signs to plain ones, and every dash to '-'. */
static char *fold(const char *text)
{
	g_autofree char *plain = g_utf8_normalize(text, -1, G_NORMALIZE_ALL_COMPOSE);
	GString *out = g_string_new(NULL);

	for (const char *c = plain ? plain : ""; *c; c = g_utf8_next_char(c)) {
		gunichar sign = g_utf8_get_char(c);
		gboolean dash = (sign >= 0x2010 && sign <= 0x2015) || sign == 0x2212;

		g_string_append_unichar(out, dash ? '-' : sign);
	}
	return g_string_free(out, FALSE);
}

json_t *contact_details_find(const char *text)
{
	g_autofree char *plain = fold(text);
	g_autofree char *email = find_first(EMAIL, plain, is_email);
	g_autofree char *phone = find_first(PHONE, plain, is_phone);
	json_t *details;

	if (!email && !phone)
		return NULL;
	details = json_object();
	if (email)
		json_object_set_new(details, "email", json_string(email));
	if (phone)
		json_object_set_new(details, "phone", json_string(phone));
	return details;
}
