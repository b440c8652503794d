/* Two expressions over the width-folded text. Phones: Chinese mobile and landline shapes, or an
 * international + number. */
#include "text/contact_details.h"

#include <glib.h>

#define EMAIL "[a-z0-9._%+-]{1,64}@[a-z0-9-]+(?:\\.[a-z0-9-]+)*\\.[a-z]{2,24}"
#define PHONE                                                                                  \
	"(?<![0-9a-z])(?:\\+[0-9]{1,3}[ -]?(?:\\(?[0-9]{1,4}\\)?[ -]?){2,5}[0-9]{2,4}|(?:86[ " \
	"-]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}|"                                                \
	"0[0-9]{2,3}[ -]?[0-9]{7,8}|\\(?[2-9][0-9]{2}\\)?[ -][0-9]{3}[ -][0-9]{4})(?![0-9a-z])"

static char *first_match(const GRegex *regex, const char *text)
{
	g_autoptr(GMatchInfo) info = NULL;

	return g_regex_match(regex, text, 0, &info) ? g_match_info_fetch(info, 0) : NULL;
}

json_t *contact_details_find(const char *text)
{
	g_autofree char *plain = g_utf8_normalize(text, -1, G_NORMALIZE_ALL);
	g_autoptr(GRegex) email = g_regex_new(EMAIL, G_REGEX_CASELESS, 0, NULL);
	g_autoptr(GRegex) phone = g_regex_new(PHONE, G_REGEX_CASELESS, 0, NULL);
	g_autofree char *found_email = plain ? first_match(email, plain) : NULL;
	g_autofree char *found_phone = plain ? first_match(phone, plain) : NULL;
	json_t *details;

	if (!found_email && !found_phone)
		return NULL;
	details = json_object();
	if (found_email)
		json_object_set_new(details, "email", json_string(found_email));
	if (found_phone)
		json_object_set_new(details, "phone", json_string(found_phone));
	return details;
}
