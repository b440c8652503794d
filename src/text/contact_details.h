/*
 * E-mail addresses and phone numbers in running text, as a customer leaves them ("你可以打 138 0013
 * 8000 或者发 a@b.example"): full-width signs and any dash are read, too. A number that is named as an
 * order's, a parcel's, an account's or an identity card's is no phone. What is found fits the fields
 * it goes into: an address of at most 254 bytes, a phone of 7 to 15 digits.
 * Threads: pure. Does not check that they exist, and does not read addresses in other scripts.
 */
#pragma once

#include <jansson.h>

/* {"email"?,"phone"?} with the first of each, or NULL when there is neither. The caller drops the
 * reference. */
json_t *contact_details_find(const char *text);
