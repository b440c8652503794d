/* Phones, addresses of the net, and numbers with a check digit. */
#include "text/values_scan.h"

#include <string.h>

enum {
	EMAIL_MAX_BYTES = 254,
	PHONE_MIN_DIGITS = 7,
	PHONE_MAX_DIGITS = 15,
	ID_LENGTH = 18,
	MOBILE_DIGITS = 11,
	CODE_MAX = 48
};

/* "订单号：", "order no. ", "tracking number is " right before the number. */
#define NUMBERED                                                                           \
	"[ ]*(?:号码?|编号|单号|\\b(?:number|no|nr|num|id|code)\\b)*[ ]*[.:#=]*[ ]*" \
	"(?:是|为|\\bis\\b|\\bwas\\b)?[ ]*[:#=]?[ ]*"
#define ORDERS                                                                                \
	"订单|运单|快递单?|物流单?|单据|工单|单|流水|发票|货|序列|批|" \
	"\\b(?:order|invoice|tracking|parcel|shipment|reference|ref|ticket|case|"             \
	"serial|item|product|po|rma)\\b"
#define ORDER_NUMBER "(?:" ORDERS ")" NUMBERED "$|(?<!card )(?<!card)(?<!卡)#[ ]*"
#define OTHER_NUMBER                                                                        \
	"(?:" ORDERS                                                                        \
	"|编|身份证|证件|卡|账|帐|会员|\\b(?:account|card|customer|member|id)\\b)" NUMBERED \
	"$|#[ ]*"

/* Letters in upper case and digits of what was found, without what stands between. */
static gsize strip(const ValueMatch *match, char out[CODE_MAX])
{
	gsize n = 0;

	for (gsize at = match->start; at < match->end && n + 1 < CODE_MAX; at++)
		if (g_ascii_isalnum(match->text[at]))
			out[n++] = g_ascii_toupper(match->text[at]);
	out[n] = '\0';
	return n;
}

gboolean value_read_email(const ValueMatch *match, Value *value)
{
	g_autofree char *found = g_strndup(match->text + match->start, match->end - match->start);

	if (strlen(found) > EMAIL_MAX_BYTES || strstr(found, ".."))
		return FALSE;
	value->value = g_ascii_strdown(found, -1);
	return TRUE;
}

gboolean value_read_url(const ValueMatch *match, Value *value)
{
	while (value->end > value->start && strchr(".,;:!?)]", match->text[value->end - 1]))
		value->end--;
	return value->end > value->start;
}

gboolean value_read_ip(const ValueMatch *match, Value *value)
{
	g_autofree char *found = g_strndup(match->text + match->start, match->end - match->start);

	if (!g_hostname_is_ip_address(found))
		return FALSE;
	value->value = g_steal_pointer(&found);
	return TRUE;
}

/* In the form of E.164 where the country is known. */
static char *phone_form(const char *text)
{
	GString *digits = g_string_new(NULL);
	gboolean plus = strchr(text, '+') != NULL || g_str_has_prefix(text, "00");

	for (const char *c = text; *c; c++)
		if (g_ascii_isdigit(*c))
			g_string_append_c(digits, *c);
	if (g_str_has_prefix(text, "00"))
		g_string_erase(digits, 0, 2);
	if (digits->len == MOBILE_DIGITS + 2 && g_str_has_prefix(digits->str, "861"))
		plus = TRUE;
	if (!plus && digits->len == MOBILE_DIGITS && digits->str[0] == '1' && digits->str[1] >= '3')
		g_string_prepend(digits, "+86");
	else if (plus)
		g_string_prepend_c(digits, '+');
	return g_string_free(digits, FALSE);
}

gboolean value_read_phone(const ValueMatch *match, Value *value)
{
	g_autofree char *found = g_strndup(match->text + match->start, match->end - match->start);
	gsize n_digits = 0;

	for (const char *c = found; *c; c++)
		n_digits += g_ascii_isdigit(*c);
	if (n_digits < PHONE_MIN_DIGITS || n_digits > PHONE_MAX_DIGITS ||
	    value_follows(match, OTHER_NUMBER))
		return FALSE;
	value->value = phone_form(found);
	return TRUE;
}

gboolean value_read_labelled(const ValueMatch *match, Value *value)
{
	int start = 0, end = 0;
	g_autofree char *found = value_group(match, "n");

	if (!found || !g_match_info_fetch_named_pos(match->info, "n", &start, &end))
		return FALSE;
	value->start = (gsize)start;
	value->end = (gsize)end;
	value->value = value->kind == VALUE_PHONE ? phone_form(found) : g_steal_pointer(&found);
	return TRUE;
}

/* ---- check digits ---------------------------------------------------------------------------- */

/* ISO/IEC 7812-1 */
gboolean check_luhn(const char *digits, gsize n)
{
	guint sum = 0;

	for (gsize i = 0; i < n; i++) {
		guint digit = (guint)(digits[n - 1 - i] - '0') << (i & 1);

		sum += digit > 9 ? digit - 9 : digit;
	}
	return sum % 10 == 0;
}

static int digits_int(const char *text, gsize n)
{
	int value = 0;

	for (gsize i = 0; i < n; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

/* GB/T 2260 */
static gboolean is_province(int code)
{
	static const guint8 first[] = {0, 11, 21, 31, 41, 50, 61, 71, 81};
	static const guint8 last[] = {0, 15, 23, 37, 46, 54, 65, 71, 83};
	int tens = code / 10;

	return tens >= 1 && tens <= 8 && code >= first[tens] && code <= last[tens];
}

/* GB 11643: weights 2^(17-i) mod 11; the province's number, the birthday. */
gboolean check_chinese_id(const char *id)
{
	static const guint8 weights[ID_LENGTH - 1] = {7, 9, 10, 5,  8, 4, 2, 1, 6,
						      3, 7, 9,	10, 5, 8, 4, 2};
	static const char check[] = "10X98765432";
	int year = digits_int(id + 6, 4);
	guint sum = 0;

	for (guint i = 0; i < ID_LENGTH - 1; i++)
		sum += weights[i] * (guint)(id[i] - '0');
	return check[sum % 11] == g_ascii_toupper(id[ID_LENGTH - 1]) &&
	       is_province(digits_int(id, 2)) && year >= 1880 && year <= 2100 &&
	       g_date_valid_dmy((GDateDay)digits_int(id + 12, 2),
				(GDateMonth)digits_int(id + 10, 2), (GDateYear)year);
}

/* GB 32100: weights 3^i mod 31 */
gboolean check_credit_code(const char *code)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	guint sum = 0, weight = 1;

	for (guint i = 0; i < ID_LENGTH; i++) {
		const char *at = code[i] ? strchr(alphabet, code[i]) : NULL;

		if (!at)
			return FALSE;
		if (i == ID_LENGTH - 1)
			return (guint)(at - alphabet) == (31 - sum % 31) % 31;
		sum += (guint)(at - alphabet) * weight;
		weight = weight * 3 % 31;
	}
	return FALSE;
}

/* ISO 13616: the number of the turned-round code is 1 mod 97. */
gboolean check_iban(const char *iban)
{
	gsize n = strlen(iban);
	guint rest = 0;

	if (n < 15 || n > 34)
		return FALSE;
	for (gsize i = 0; i < n; i++) {
		char c = iban[(i + 4) % n];

		if (g_ascii_isdigit(c))
			rest = (rest * 10 + (guint)(c - '0')) % 97;
		else
			rest = (rest * 100 + (guint)(c - 'A') + 10) % 97;
	}
	return rest == 1;
}

gboolean value_read_chinese_id(const ValueMatch *match, Value *value)
{
	char id[CODE_MAX];

	if (strip(match, id) != ID_LENGTH || !check_chinese_id(id) ||
	    value_follows(match, ORDER_NUMBER))
		return FALSE;
	value->value = g_strdup(id);
	return TRUE;
}

/* What stands in front: the office of registration 1, 5, 9 or a letter, then its kind. */
gboolean value_read_credit_code(const ValueMatch *match, Value *value)
{
	char code[CODE_MAX];

	if (strip(match, code) != ID_LENGTH || !strchr("159ANY", code[0]) ||
	    !check_credit_code(code) || value_follows(match, ORDER_NUMBER))
		return FALSE;
	value->value = g_strdup(code);
	return TRUE;
}

/* Who issues numbers that begin so, and how long they are. */
static gboolean is_issued(const char *digits, gsize n)
{
	static const struct {
		int from, to; /* of the first four digits */
		guint min, max;
	} ranges[] = {
		{1800, 1800, 15, 15}, {2131, 2131, 15, 15}, {3000, 3059, 14, 14},
		{3095, 3095, 14, 14}, {3400, 3499, 15, 15}, {3600, 3699, 14, 14},
		{3700, 3799, 15, 15}, {3800, 3999, 14, 14}, {3528, 3589, 16, 19},
		{4000, 4999, 13, 19}, {5018, 5099, 12, 19}, {5100, 5599, 16, 16},
		{5600, 5999, 12, 19}, {2221, 2720, 16, 16}, {6011, 6011, 16, 19},
		{6440, 6599, 16, 19}, {6200, 6299, 16, 19}, {6300, 6439, 12, 19},
		{6700, 6799, 12, 19},
	};
	int head = digits_int(digits, 4);

	for (guint i = 0; i < G_N_ELEMENTS(ranges); i++)
		if (head >= ranges[i].from && head <= ranges[i].to && n >= ranges[i].min &&
		    n <= ranges[i].max)
			return TRUE;
	return FALSE;
}

/* An order's number passes the check digit by chance: what is named as one is none. */
gboolean value_read_card(const ValueMatch *match, Value *value)
{
	char digits[CODE_MAX];
	gsize n = strip(match, digits);

	if (!is_issued(digits, n) || !check_luhn(digits, n) ||
	    (n == ID_LENGTH && check_chinese_id(digits)) || value_follows(match, ORDER_NUMBER))
		return FALSE;
	value->value = g_strdup(digits);
	return TRUE;
}

gboolean value_read_iban(const ValueMatch *match, Value *value)
{
	char iban[CODE_MAX];

	if (!strip(match, iban) || !check_iban(iban))
		return FALSE;
	value->value = g_strdup(iban);
	return TRUE;
}

/* Numbers that the Social Security Administration never gives out. */
gboolean value_read_ssn(const ValueMatch *match, Value *value)
{
	char digits[CODE_MAX];
	int area;

	strip(match, digits);
	area = digits_int(digits, 3);
	if (!area || area == 666 || area >= 900 || !digits_int(digits + 3, 2) ||
	    !digits_int(digits + 5, 4))
		return FALSE;
	value->value = g_strdup(digits);
	return TRUE;
}
