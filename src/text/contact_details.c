/* The first address and the first phone among the values of the text, as the customer wrote them but
 * for full-width signs and dashes. */
#include "text/contact_details.h"

#include "text/folded.h"
#include "text/values.h"

#define SURE .8 /* what has only the shape of a phone is none */

/* The caller frees it; NULL when there is none. */
static char *first_of(const char *text, const GArray *values, ValueKind kind)
{
	for (guint i = 0; i < values->len; i++) {
		const Value *value = &g_array_index(values, Value, i);

		if (value->kind == kind && value->confidence >= SURE)
			return g_strndup(text + value->start, value->end - value->start);
	}
	return NULL;
}

json_t *contact_details_find(const char *text)
{
	g_auto(Folded) plain = folded_new(g_utf8_validate(text, -1, NULL) ? text : "");
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autoptr(GArray) values =
		text_values(plain.text->str, now, VALUE_BIT(VALUE_EMAIL) | VALUE_BIT(VALUE_PHONE));
	g_autofree char *email = first_of(plain.text->str, values, VALUE_EMAIL);
	g_autofree char *phone = first_of(plain.text->str, values, VALUE_PHONE);
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
