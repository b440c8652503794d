/* What is found fits the fields it goes into, and is found again when it stands alone. */
#include "text/contact_details.h"

#include "fuzz/fuzz.h"

static void check_member(const json_t *details, const char *name)
{
	const char *found = json_string_value(json_object_get(details, name));
	json_t *again;

	if (!found)
		return;
	g_assert_cmpuint(strlen(found), <=, 254);
	again = contact_details_find(found);
	g_assert_cmpstr(json_string_value(json_object_get(again, name)), ==, found);
	json_decref(again);
}

static void check_phone(const json_t *details)
{
	const char *phone = json_string_value(json_object_get(details, "phone"));
	guint n_digits = 0;

	if (!phone)
		return;
	for (; *phone; phone++) {
		g_assert_nonnull(strchr("+()-. 0123456789", *phone));
		n_digits += g_ascii_isdigit(*phone);
	}
	g_assert_cmpuint(n_digits, >=, 7);
	g_assert_cmpuint(n_digits, <=, 15);
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	g_autofree char *text = fuzz_utf8(fuzz_input(bytes, n));
	json_t *details = contact_details_find(text);

	check_member(details, "email");
	check_member(details, "phone");
	check_phone(details);
	json_decref(details);
	return 0;
}
