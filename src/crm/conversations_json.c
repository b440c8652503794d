/* Conversations and messages as JSON, one and in lists. */
#include "crm/conversations_json.h"

#include <string.h>

#include "base/error.h"
#include "base/id.h"
#include "crm/conversations.h"

#define LIST_COLUMNS                                                                               \
	"c.id, c.state, c.owner, c.owner_id, u.name, c.contact_id, k.name, c.channel, "            \
	"c.language, c.handover_reason, "                                                          \
	"c.handover_summary, c.waiting_since, c.last_role, c.last_text, c.last_at, c.n_messages, " \
	"c.page_url, c.created_at, "                                                               \
	"c.updated_at, c.handover_generated"
#define LIST_FROM                                                                               \
	" FROM conversations c LEFT JOIN users u ON u.org_id = c.org_id AND u.id = c.owner_id " \
	"LEFT JOIN contacts k ON k.org_id = c.org_id AND k.id = c.contact_id "
/* Of the last message of the customer's that was judged; for the inbox alone, visitors do not see it. */
#define JUDGED_COLUMNS ", coalesce(j.corrected_mood, j.mood), j.urgent"
#define JUDGED_FROM                                                                             \
	"LEFT JOIN message_judgements j ON j.message_seq = (SELECT n.message_seq FROM "         \
	"message_judgements n WHERE n.org_id = c.org_id AND n.conversation_id = c.id ORDER BY " \
	"n.message_id DESC LIMIT 1) "
enum { LIST_ID, LIST_CREATED = 17, LIST_UPDATED, LIST_GENERATED, LIST_MOOD, LIST_URGENT };

static void put_texts(JsonWriter *w, DbRows *rows)
{
	static const char *const names[] = {
		"id",	      "state",		 "owner",	    "owner_id",
		"owner_name", "contact_id",	 "contact_name",    "channel",
		"language",   "handover_reason", "handover_summary"};

	for (int i = 0; i < (int)G_N_ELEMENTS(names); i++)
		json_put_string(w, names[i], db_text(rows, i));
}

static void put_conversation(JsonWriter *w, DbRows *rows)
{
	put_texts(w, rows);
	json_put_bool(w, "handover_generated", db_int(rows, LIST_GENERATED) != 0);
	json_put_time(w, "waiting_since", db_int(rows, 11));
	if (db_is_null(rows, 12)) {
		json_put_null(w, "last_message");
	} else {
		json_object_begin(w, "last_message");
		json_put_string(w, "role", db_text(rows, 12));
		json_put_string(w, "text", db_text(rows, 13));
		json_put_time(w, "at", db_int(rows, 14));
		json_object_end(w);
	}
	json_put_int(w, "n_messages", db_int(rows, 15));
	json_put_string(w, "page_url", db_text(rows, 16));
	json_put_time(w, "created_at", db_int(rows, LIST_CREATED));
	json_put_time(w, "updated_at", db_int(rows, LIST_UPDATED));
}

static const char *rating_word(gint64 rating)
{
	return rating > 0 ? "up" : rating < 0 ? "down" : NULL;
}

void conversation_put_message(JsonWriter *w, const char *conversation_id, DbRows *rows)
{
	json_object_begin(w, NULL);
	json_put_string(w, "id", db_text(rows, 0));
	json_put_int(w, "seq", db_int(rows, 1));
	json_put_string(w, "conversation_id", conversation_id);
	json_put_string(w, "role", db_text(rows, 2));
	json_put_string(w, "text", db_text(rows, 3));
	json_put_time(w, "at", db_int(rows, 4));
	json_put_bool(w, "ai_generated", db_int(rows, 5) != 0);
	json_put_string(w, "author_name", db_text(rows, 6));
	json_put_string(w, "path", db_text(rows, 7));
	json_put_raw(w, "citations", db_text(rows, 8));
	json_put_raw(w, "options", db_text(rows, 9));
	json_put_string(w, "rating", rating_word(db_int(rows, 10)));
	json_object_end(w);
}

static gboolean put_messages(Db *db, const char *org_id, const char *id, JsonWriter *w,
			     GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT * FROM (SELECT " MESSAGE_COLUMNS ", " MESSAGE_RATING
			 " FROM messages WHERE org_id = $1 AND conversation_id = $2 ORDER BY seq "
			 "DESC LIMIT 1000) AS last ORDER BY seq",
			 error, "ss", org_id, id);

	if (!rows)
		return FALSE;
	json_array_begin(w, "messages");
	while (db_next(rows, &failed))
		conversation_put_message(w, id, rows);
	json_array_end(w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean conversation_fail_missing(GError *failed, GError **error)
{
	if (failed)
		g_propagate_error(error, failed);
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			    "there is no such conversation");
	return FALSE;
}

gboolean conversation_write(Db *db, const char *org_id, const char *id, gboolean with_messages,
			    GString *out, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT " LIST_COLUMNS LIST_FROM "WHERE c.org_id = $1 AND c.id = $2",
			 error, "ss", org_id, id);
	JsonWriter w = json_writer(out);

	if (!rows)
		return FALSE;
	if (!db_next(rows, &failed))
		return conversation_fail_missing(g_steal_pointer(&failed), error);
	json_object_begin(&w, NULL);
	put_conversation(&w, rows);
	if (with_messages && !put_messages(db, org_id, id, &w, error))
		return FALSE;
	json_object_end(&w);
	return TRUE;
}

/* Token of a list: "<updated_at>.<id>". */
static gboolean list_token(const char *token, gint64 *ret_time, const char **ret_id, GError **error)
{
	char *end = NULL;

	*ret_time = G_MAXINT64;
	*ret_id = "g";
	if (!token)
		return TRUE;
	*ret_time = g_ascii_strtoll(token, &end, 10);
	if (end == token || *end != '.' || !id_valid(end + 1)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "page_token was not given out by this list");
		return FALSE;
	}
	*ret_id = end + 1;
	return TRUE;
}

typedef struct {
	const char *owner, *owner_id;
} OwnerFilter;

static gboolean owner_filter(const Principal *principal, const char *word, OwnerFilter *filter,
			     GError **error)
{
	*filter = (OwnerFilter){NULL, NULL};
	if (!word || g_str_equal(word, "any"))
		return TRUE;
	if (g_str_equal(word, "none"))
		filter->owner = "queue";
	else if (g_str_equal(word, "bot"))
		filter->owner = "bot";
	else if (g_str_equal(word, "me"))
		*filter = (OwnerFilter){"person", principal->id};
	if (filter->owner)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "owner must be me, none, bot or any");
	return FALSE;
}

static gboolean states_valid(const char *states, GError **error)
{
	g_auto(GStrv) words = g_strsplit(states ? states : "", ",", -1);

	for (char **word = words; *word; word++)
		if (!conversation_state_bit(*word)) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "state must be of open, pending, handed_over and resolved");
			return FALSE;
		}
	return TRUE;
}

gboolean conversation_list(Db *db, const Principal *principal, const ConversationQuery *query,
			   GString *out, GError **error)
{
	/* ',open,pending,' so that one bound text serves any set of states. */
	g_autofree char *states = query->states ? g_strdup_printf(",%s,", query->states) : NULL;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;
	OwnerFilter filter;
	JsonWriter w = json_writer(out);
	const char *below_id;
	gint64 below;
	int n = 0;
	g_autofree char *token = NULL;

	if (!states_valid(query->states, error) ||
	    !list_token(query->page_token, &below, &below_id, error) ||
	    !owner_filter(principal, query->owner, &filter, error))
		return FALSE;
	rows = db_query(
		db,
		"SELECT " LIST_COLUMNS JUDGED_COLUMNS LIST_FROM JUDGED_FROM
		"WHERE c.org_id = $1 AND (c.updated_at, c.id) < ($2, $3) AND (CAST ($4 AS TEXT) IS "
		"NULL OR instr($4, ',' || c.state || ',') > 0) AND (CAST ($5 AS TEXT) IS NULL OR "
		"c.owner = $5) AND (CAST ($6 AS TEXT) IS NULL OR c.owner_id = $6) AND (CAST ($7 AS "
		"TEXT) IS NULL OR c.contact_id = $7) AND " ACCESS_CONVERSATIONS(
			"$9", "$10") " ORDER BY c.updated_at DESC, c.id DESC LIMIT $8",
		error, "sisssssiis", principal->org_id, below, below_id, states, filter.owner,
		filter.owner_id, query->contact_id, (gint64)query->page_size + 1,
		(gint64)access_reach(principal, "conversations", ACCESS_READ), principal->id);
	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (n < query->page_size && db_next(rows, &failed)) {
		json_object_begin(&w, NULL);
		put_conversation(&w, rows);
		json_put_string(&w, "mood", db_text(rows, LIST_MOOD));
		json_put_bool(&w, "urgent", db_int(rows, LIST_URGENT) != 0);
		json_object_end(&w);
		if (++n == query->page_size)
			token = g_strdup_printf("%" G_GINT64_FORMAT ".%s",
						db_int(rows, LIST_UPDATED), db_text(rows, LIST_ID));
	}
	json_array_end(&w);
	json_put_string(&w, "next_page_token",
			token && !failed && db_next(rows, &failed) ? token : NULL);
	json_object_end(&w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean conversation_counts(Db *db, const Principal *principal, GString *out, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT count(CASE WHEN c.owner = 'person' THEN 1 END), count(CASE WHEN c.owner = "
		"'queue' AND c.state <> 'open' THEN 1 END), count(c.waiting_since) FROM "
		"conversations c WHERE c.org_id = $1 AND c.state <> 'resolved' AND c.owner IN "
		"('queue', 'person') AND (c.owner = 'queue' OR c.owner_id = $2) AND $3 > 0",
		error, "ssi", principal->org_id, principal->id,
		(gint64)access_reach(principal, "conversations", ACCESS_READ));
	JsonWriter w = json_writer(out);

	if (!rows || !db_next(rows, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_int(&w, "mine", db_int(rows, 0));
	json_put_int(&w, "unassigned", db_int(rows, 1));
	json_put_int(&w, "waiting", db_int(rows, 2));
	json_object_end(&w);
	return TRUE;
}
