/*
 * Everything that an organisation keeps of one person: the contact, the records that refer to it
 * (those that refer to these in turn, such as the notes of its tickets), leads with its e-mail or
 * phone, and its conversations. Found by declaration: an object that somebody invents is covered the
 * moment it refers to contacts. Threads: as db's. Errors: NOT_FOUND.
 */
#pragma once

#include "crm/objects.h"

typedef struct {
	const Object *object;
	char id[37];
	gboolean deleted;   /* out of sight, can be restored */
	gboolean goes_with; /* by a rule of its declaration it goes when what it refers to goes */
} PersonRecord;

typedef struct {
	char contact_id[37];
	char *name, *email, *phone; /* or NULL */
	GArray *records;	    /* of PersonRecord; the contact is the first */
	GPtrArray *conversations;   /* of char * */
} Person;

Person *person_find(Db *db, const char *org_id, const char *contact_id, GError **error);
void person_free(Person *person);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Person, person_free)

/* Appends {"contact","records":{"deals":[...]},"attachments":[...],"conversations":[...],"history":[...]}: what a person
 * who asks for a copy gets. Whether the principal may is asked before; it leaves an audit row, so
 * this is inside a write. */
gboolean person_write(Db *db, const Principal *principal, const char *contact_id, GString *out,
		      GError **error);
