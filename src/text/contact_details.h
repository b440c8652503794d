/*
 * E-mail addresses and phone numbers in running text, as a customer leaves them ("你可以打 138 0013
 * 8000 或者发 a@b.example"). Threads: pure. Does not check that they exist; order numbers are told
 * from phones by shape only.
 */
#pragma once

#include <jansson.h>

/* {"email"?,"phone"?} with the first of each, or NULL when there is neither. The caller drops the
 * reference. */
json_t *contact_details_find(const char *text);
