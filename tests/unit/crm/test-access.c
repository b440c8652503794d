/*
 * Who may what: the table of permission words, scopes, and the wall between two organisations over
 * every function that takes a principal.
 */
#include "crm/access.h"

#include "crm/conversations.h"
#include "crm/knowledge.h"
#include "crm/people.h"
#include "crm/records.h"
#include "crm/search.h"
#include "crm/timeline.h"
#include "crm/users.h"
#include "fixture.h"

/* What each kind may: N nobody, V visitor, A agent, D administrator,
 * O one who only reads, R one whose role is gone, and the scopes of a key that
 * are enough: r, w, a, c. */
static const struct {
	const char *word, *allowed;
} permissions[] = {
	{"public", "NVADORrwac"},
	{"chat", "VADORc"},
	{"staff", "ADORr"},
	{"staff:write", "ADw"},
	{"session", "ADOR"},
	{"records:read", "ADORr"},
	{"conversations:read", "ADOr"},
	{"conversations:write", "ADw"},
	{"records:write", "ADw"},
	{"admin", "Da"},
	{"no such word", ""},
	{"", ""},
};

static const struct {
	char letter;
	PrincipalKind kind;
	gboolean is_admin;
	guint scopes;
	const char *role;
} callers[] = {
	{'N', PRINCIPAL_NOBODY, FALSE, 0, NULL},
	{'V', PRINCIPAL_VISITOR, FALSE, 0, NULL},
	{'A', PRINCIPAL_USER, FALSE, 0, "agent"},
	{'D', PRINCIPAL_USER, TRUE, 0, "admin"},
	{'O', PRINCIPAL_USER, FALSE, 0, "read_only"},
	{'R', PRINCIPAL_USER, FALSE, 0, "no such"},
	{'r', PRINCIPAL_KEY, FALSE, SCOPE_READ, NULL},
	{'w', PRINCIPAL_KEY, FALSE, SCOPE_WRITE, NULL},
	{'a', PRINCIPAL_KEY, TRUE, SCOPE_ADMIN, NULL},
	{'c', PRINCIPAL_KEY, FALSE, SCOPE_CHAT, NULL},
};

static void test_permissions(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(permissions); i++)
		for (gsize k = 0; k < G_N_ELEMENTS(callers); k++) {
			g_autoptr(GError) error = NULL;
			Principal who = {.kind = callers[k].kind,
					 .is_admin = callers[k].is_admin,
					 .scopes = callers[k].scopes,
					 .rights = callers[k].role
							   ? rights_standard(callers[k].role)
							   : NULL};
			gboolean may = access_check(&who, permissions[i].word, &error);

			g_test_message("%c %s", callers[k].letter, permissions[i].word);
			g_assert_true(may ==
				      (strchr(permissions[i].allowed, callers[k].letter) != NULL));
			if (!may)
				fixture_expect(&error, callers[k].letter == 'N'
							       ? ZHIYIN_ERROR_UNAUTHENTICATED
							       : ZHIYIN_ERROR_FORBIDDEN);
		}
}

static void test_scopes(void)
{
	static const struct {
		const char *text;
		guint scopes; /* 0 = refused */
	} cases[] = {
		{"all", SCOPE_ALL},
		{"read", SCOPE_READ},
		{"read, chat", SCOPE_READ | SCOPE_CHAT},
		{"write,write", SCOPE_WRITE},
		{"admin,chat,read,write", SCOPE_ALL},
		{"", 0},
		{"read,", 0},
		{"READ", 0},
		{"everything", 0},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		guint scopes = 0;
		gboolean ok = scopes_parse(cases[i].text, &scopes, &error);

		g_assert_cmpuint(scopes, ==, cases[i].scopes);
		g_assert_true(ok == (cases[i].scopes != 0));
		if (!ok)
			fixture_expect(&error, ZHIYIN_ERROR_USAGE);
	}
}

static void test_conversation_access(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Fixture) f = fixture_new();
	NewConversation fresh = {.channel = "web", .language = "zh"};
	g_autofree char *token = NULL;
	char theirs[37], unknown[37];
	Principal visitor = fixture_visitor(f->a, id_new(unknown));
	Principal user = {.kind = PRINCIPAL_USER, .rights = rights_standard("read_only")};
	Principal stranger = {.kind = PRINCIPAL_USER};
	Principal neighbour;
	Db *db = fixture_write(f);

	conversation_create(db, &f->user_a, &fresh, theirs, &token, &error);
	g_assert_no_error(error);
	g_strlcpy(user.org_id, f->a, sizeof(user.org_id));
	g_strlcpy(stranger.org_id, f->a, sizeof(stranger.org_id));
	neighbour = user;
	g_strlcpy(neighbour.org_id, f->b, sizeof(neighbour.org_id));
	g_assert_true(access_conversation(db, &visitor, unknown, ACCESS_UPDATE, &error));
	g_assert_false(access_conversation(db, &visitor, theirs, ACCESS_READ, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_true(access_conversation(db, &user, theirs, ACCESS_READ, &error));
	g_assert_no_error(error);
	g_assert_false(access_conversation(db, &user, theirs, ACCESS_UPDATE, &error));
	fixture_expect(&error, ZHIYIN_ERROR_FORBIDDEN);
	g_assert_false(access_conversation(db, &user, unknown, ACCESS_READ, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(access_conversation(db, &neighbour, theirs, ACCESS_READ, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(access_conversation(db, &stranger, theirs, ACCESS_READ, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	fixture_commit(f);
}

static void test_principal_keys(void)
{
	Principal visitor = fixture_visitor("org", "conversation");
	Principal key = {.kind = PRINCIPAL_KEY, .id = "k"};
	Principal user = {.kind = PRINCIPAL_USER, .id = "k"};
	g_autofree char *of_visitor = principal_key(&visitor);
	g_autofree char *of_key = principal_key(&key);
	g_autofree char *of_user = principal_key(&user);

	g_assert_cmpstr(of_visitor, ==, "visitor:conversation");
	g_assert_cmpstr(of_key, !=, of_user);
}

/* ---- the wall between organisations ---------------------------------------------------------- */

typedef struct {
	char contact[37], article[37], conversation[37];
	char *token;
} Things;

static void make_things(Db *db, const Principal *who, Things *things)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) contact = fixture_json("{'name':'geheimnis','email':'g@a.example'}");
	g_autoptr(json_t) article =
		fixture_json("{'title':'geheimnis?','body':'geheimnis antwort'}");
	NewConversation fresh = {.channel = "web", .language = "zh"};
	NewMessage message = {.role = "customer", .text = "geheimnis frage"};

	record_create(db, who, &OBJECT_CONTACT, contact, things->contact, NULL, &error);
	g_assert_no_error(error);
	record_create(db, who, &OBJECT_ARTICLE, article, things->article, NULL, &error);
	g_assert_no_error(error);
	conversation_create(db, who, &fresh, things->conversation, &things->token, &error);
	g_assert_no_error(error);
	message_add(db, who, things->conversation, &message, NULL, &error);
	g_assert_no_error(error);
	conversation_set_contact(db, who, things->conversation, things->contact, &error);
	g_assert_no_error(error);
}

/* Everything that an organisation has, as one text: what must not change. */
static char *snapshot(Db *db, const char *org_id)
{
	static const char *const tables[] = {
		"contacts", "articles", "conversations", "messages", "conversation_events",
		"passages", "users",	"audit"};
	GString *out = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *sql =
			g_strdup_printf("SELECT * FROM %s WHERE org_id = $1", tables[i]);
		g_autoptr(DbRows) rows = db_query(db, sql, &error, "s", org_id);

		g_assert_no_error(error);
		while (db_next(rows, &error))
			for (int k = 0; k < db_n_columns(rows); k++)
				g_string_append_printf(out, "%s|", db_text(rows, k));
		g_assert_no_error(error);
	}
	return g_string_free(out, FALSE);
}

/* Each must fail with NOT_FOUND: a record of the other organisation looks as if it were not there. */
static void refuse_records(Db *db, const Principal *who, const Object *object, const char *id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) change = fixture_json("{'url':null}");

	g_assert_false(record_get(db, who, object, id, NULL, out, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(record_patch(db, who, object, id, change, NULL, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(record_delete(db, who, object, id, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(record_restore(db, who, object, id, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_cmpuint(out->len, ==, 0);
}

static void refuse_conversation(Db *db, const Principal *who, const Things *things)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) details = fixture_json("{'email':'x@y.example'}");
	g_autofree char *contact_id = NULL;
	const char *id = things->conversation;
	gboolean kept;
	static const char *const roles[] = {"customer", "agent", "bot", "system"};

	for (int action = 0; action < N_ACTIONS; action++) {
		ActionDetails forced = {.force = TRUE, .reason = "staff"};

		g_assert_false(
			conversation_act(db, who, id, (ConversationAction)action, &forced, &error));
		fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
		NewMessage message = {.role = roles[i], .text = "x"};

		g_assert_false(message_add(db, who, id, &message, out, &error));
		fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	}
	g_assert_null(conversation_get(db, who->org_id, id, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(conversation_write(db, who->org_id, id, TRUE, out, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(people_leave_details(db, who, id, details, &contact_id, &kept, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(timeline_write(
		db, who, &(TimelineQuery){&OBJECT_CONTACT, things->contact, NULL, 10, NULL}, out,
		&error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_cmpuint(out->len, ==, 0);
}

/* These touch rows by a condition: they find none. */
static void touch_nothing(Db *db, const Principal *who, const Things *things, const char *user_id)
{
	g_autoptr(GError) error = NULL;
	const char *id = things->conversation;

	g_assert_true(conversation_set_misses(db, who->org_id, id, 7, &error));
	g_assert_true(conversation_set_language(db, who->org_id, id, "xx", &error));
	g_assert_false(conversation_set_contact(db, who, id, things->contact, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(user_update(db, who, user_id, &(UserChange){"x", "en", NULL}, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_null(user_get(db, who->org_id, user_id, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
}

static void see_nothing(Db *db, const Principal *who)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	RecordQuery plain = {.page_size = 100}, search = {.page_size = 100, .q = "geheimnis"};
	ConversationQuery inbox = {.page_size = 100, .owner = "any"};
	g_autoptr(GPtrArray) titles = NULL;

	g_assert_true(record_list(db, who, &OBJECT_CONTACT, &plain, out, &error));
	g_assert_true(record_list(db, who, &OBJECT_CONTACT, &search, out, &error));
	g_assert_true(record_list(db, who, &OBJECT_ARTICLE, &plain, out, &error));
	g_assert_true(record_list(db, who, &OBJECT_ARTICLE, &search, out, &error));
	g_assert_true(conversation_list(db, who, &inbox, out, &error));
	g_assert_true(search_everything(db, who, "geheimnis", 50, NULL, out, &error));
	g_assert_true(user_list(db, who->org_id, out, &error));
	g_assert_no_error(error);
	g_assert_null(strstr(out->str, "geheimnis"));
	g_assert_null(strstr(out->str, "a.example"));
	titles = knowledge_suggestions(db, who->org_id, "zh", 3, &error);
	g_assert_cmpuint(titles->len, ==, 0);
	titles = (g_ptr_array_unref(titles),
		  knowledge_suggestions(db, who->org_id, "en", 3, &error));
	g_assert_cmpuint(titles->len, ==, 0);
}

static void count_event(gint64 seq, const char *org_id, const char *conversation_id,
			const char *kind, const char *data_json, gpointer data)
{
	(void)seq;
	(void)org_id;
	(void)conversation_id;
	(void)kind;
	(void)data_json;
	++*(int *)data;
}

static void count_passage(const KnowledgePassage *passage, gpointer data)
{
	(void)passage;
	++*(int *)data;
}

static void hear_nothing(Db *db, const Principal *who, const Things *things)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GPtrArray) history =
		conversation_history(db, who->org_id, things->conversation, 10, &error);
	int n = 0;

	g_assert_true(
		conversation_events_after(db, who->org_id, NULL, 0, 100, count_event, &n, &error));
	g_assert_true(conversation_events_after(db, who->org_id, things->conversation, 0, 100,
						count_event, &n, &error));
	g_assert_true(knowledge_each_passage(db, who->org_id, NULL, count_passage, &n, &error));
	g_assert_true(
		conversation_write_bot_reply(db, who->org_id, things->conversation, out, &error));
	g_assert_no_error(error);
	g_assert_cmpint(n, ==, 0);
	g_assert_cmpuint(history->len, ==, 0);
	g_assert_cmpuint(out->len, ==, 0);
}

static void test_two_organisations(void)
{
	g_autoptr(Fixture) f = fixture_new();
	const Principal *strangers[] = {&f->user_b, &f->system_b};
	Things things = {0};
	Db *db = fixture_write(f);
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	make_things(db, &f->user_a, &things);
	before = snapshot(db, f->a);
	g_assert_nonnull(strstr(before, "geheimnis frage"));
	for (gsize i = 0; i < G_N_ELEMENTS(strangers); i++) {
		refuse_records(db, strangers[i], &OBJECT_CONTACT, things.contact);
		refuse_records(db, strangers[i], &OBJECT_ARTICLE, things.article);
		refuse_conversation(db, strangers[i], &things);
		touch_nothing(db, strangers[i], &things, f->user_a.id);
		see_nothing(db, strangers[i]);
		hear_nothing(db, strangers[i], &things);
	}
	after = snapshot(db, f->a);
	g_assert_cmpstr(after, ==, before);
	g_free(things.token);
	fixture_commit(f);
}

/* The token of a chat names its organisation and conversation by itself. */
static void test_token_names_its_place(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Things things = {0};
	Principal who = {0};
	Db *db = fixture_write(f);

	make_things(db, &f->user_a, &things);
	g_assert_true(conversation_principal(db, things.token, &who, &error));
	g_assert_cmpint(who.kind, ==, PRINCIPAL_VISITOR);
	g_assert_cmpstr(who.org_id, ==, f->a);
	g_assert_cmpstr(who.conversation_id, ==, things.conversation);
	g_assert_false(conversation_principal(db, "zyv_wrong", &who, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNAUTHENTICATED);
	g_assert_cmpint(
		fixture_int(db, "SELECT count(*) FROM conversations WHERE token_hash LIKE 'zyv%'"),
		==, 0);
	g_free(things.token);
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/access/permissions", test_permissions);
	g_test_add_func("/access/scopes", test_scopes);
	g_test_add_func("/access/conversation", test_conversation_access);
	g_test_add_func("/access/principal_keys", test_principal_keys);
	g_test_add_func("/access/two_organisations", test_two_organisations);
	g_test_add_func("/access/token_names_its_place", test_token_names_its_place);
	return g_test_run();
}
