/*
 * A real store in a temporary directory with two organisations, for the tests of this folder.
 * A test writes in plain lines: fixture_write() parks the writer thread in the middle of a
 * transaction and lends its connection, fixture_commit() or fixture_undo() ends it. One test, one
 * thread.
 */
#pragma once

#include <glib/gstdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/access.h"
#include "crm/audit.h"
#include "crm/organisation.h"
#include "crm/roles.h"
#include "store/store.h"
#include "text/pieces.h"

typedef struct {
	Store *store;
	char *path;
	char a[37], b[37];	    /* the two organisations */
	Principal system_a, user_a; /* user_a: an administrator of a */
	Principal system_b, user_b;
	/* of the transaction in progress */
	GMutex lock;
	GCond changed;
	Db *db;
	enum { FIXTURE_IDLE, FIXTURE_ASKED, FIXTURE_OPEN, FIXTURE_KEEP, FIXTURE_UNDO } state;
} Fixture;

static inline gboolean fixture_park(Db *db, gpointer data, GError **error)
{
	Fixture *f = data;
	gboolean keep;

	g_mutex_lock(&f->lock);
	f->db = db;
	f->state = FIXTURE_OPEN;
	g_cond_broadcast(&f->changed);
	while (f->state == FIXTURE_OPEN)
		g_cond_wait(&f->changed, &f->lock);
	keep = f->state == FIXTURE_KEEP;
	g_mutex_unlock(&f->lock);
	if (!keep)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT, "undone by the test");
	return keep;
}

static inline void fixture_parked(const GError *error, gpointer data)
{
	Fixture *f = data;

	g_mutex_lock(&f->lock);
	g_assert_true(!error == (f->state == FIXTURE_KEEP));
	f->state = FIXTURE_IDLE;
	f->db = NULL;
	g_cond_broadcast(&f->changed);
	g_mutex_unlock(&f->lock);
}

static inline Db *fixture_write(Fixture *f)
{
	g_mutex_lock(&f->lock);
	g_assert_cmpint(f->state, ==, FIXTURE_IDLE);
	f->state = FIXTURE_ASKED;
	g_mutex_unlock(&f->lock);
	store_write_async(f->store, fixture_park, fixture_parked, f);
	g_mutex_lock(&f->lock);
	while (f->state == FIXTURE_ASKED)
		g_cond_wait(&f->changed, &f->lock);
	g_assert_cmpint(f->state, ==, FIXTURE_OPEN);
	g_mutex_unlock(&f->lock);
	return f->db;
}

static inline void fixture_end(Fixture *f, gboolean keep)
{
	g_mutex_lock(&f->lock);
	g_assert_cmpint(f->state, ==, FIXTURE_OPEN);
	f->state = keep ? FIXTURE_KEEP : FIXTURE_UNDO;
	g_cond_broadcast(&f->changed);
	while (f->state != FIXTURE_IDLE)
		g_cond_wait(&f->changed, &f->lock);
	g_mutex_unlock(&f->lock);
}

static inline void fixture_commit(Fixture *f)
{
	fixture_end(f, TRUE);
}

static inline void fixture_undo(Fixture *f)
{
	fixture_end(f, FALSE);
}

static inline Principal fixture_user(const char *org_id, gboolean is_admin)
{
	Principal user = {.kind = PRINCIPAL_USER, .is_admin = is_admin, .name = g_strdup("Lin")};

	user.rights = rights_standard(is_admin ? "admin" : "agent");
	g_strlcpy(user.org_id, org_id, sizeof(user.org_id));
	id_new(user.id);
	return user;
}

static inline Principal fixture_visitor(const char *org_id, const char *conversation_id)
{
	Principal visitor = {.kind = PRINCIPAL_VISITOR};

	g_strlcpy(visitor.org_id, org_id, sizeof(visitor.org_id));
	g_strlcpy(visitor.conversation_id, conversation_id, sizeof(visitor.conversation_id));
	return visitor;
}

/* A member of staff as the table users has it, so that joins find its name. */
static inline void fixture_store_user(Db *db, const Principal *user, const char *email)
{
	g_autoptr(GError) error = NULL;

	db_run(db,
	       "INSERT INTO users (org_id, id, name, email, role, language, password_hash, "
	       "created_at, "
	       "updated_at) VALUES ($1, $2, $3, $4, $5, 'zh', '-', 1, 1)",
	       &error, "sssss", user->org_id, user->id, user->name, email,
	       user->is_admin ? "admin" : "agent");
	g_assert_no_error(error);
}

static inline Fixture *fixture_new(void)
{
	g_autoptr(GError) error = NULL;
	Fixture *f = g_new0(Fixture, 1);
	StoreOptions options = {.tokenize = text_tokenize_pieces, .create = TRUE, .migrate = TRUE};
	Db *db;

	g_mutex_init(&f->lock);
	g_cond_init(&f->changed);
	f->path = g_dir_make_tmp("zhiyin-crm-XXXXXX", &error);
	g_assert_no_error(error);
	options.path = f->path;
	options.synchronous = "OFF";
	f->store = store_open(&options, &error);
	g_assert_no_error(error);
	db = fixture_write(f);
	g_assert_true(organisation_create(db, "A", "zh", FALSE, f->a, &error));
	g_assert_true(organisation_create(db, "B", "en", FALSE, f->b, &error));
	f->system_a = principal_system(f->a);
	f->system_b = principal_system(f->b);
	f->user_a = fixture_user(f->a, TRUE);
	f->user_b = fixture_user(f->b, TRUE);
	fixture_store_user(db, &f->user_a, "lin@a.example");
	fixture_store_user(db, &f->user_b, "lin@b.example");
	fixture_commit(f);
	return f;
}

static inline void fixture_free(Fixture *f)
{
	g_autoptr(GDir) directory = g_dir_open(f->path, 0, NULL);
	const char *name;

	store_close(f->store);
	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *file = g_build_filename(f->path, name, NULL);

		g_unlink(file);
	}
	g_rmdir(f->path);
	g_free(f->path);
	principal_clear(&f->user_a);
	principal_clear(&f->user_b);
	g_mutex_clear(&f->lock);
	g_cond_clear(&f->changed);
	g_free(f);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fixture, fixture_free)

/* The number in the first column of the first row. */
static inline gint64 fixture_int(Db *db, const char *sql)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(DbRows) rows = db_query(db, sql, &error, "");
	gboolean has_row;

	g_assert_no_error(error);
	has_row = db_next(rows, &error);
	g_assert_no_error(error);
	g_assert_true(has_row);
	return db_int(rows, 0);
}

/* text as JSON: what stands in '…' in C and in "…" in JSON. */
static inline json_t *fixture_json(const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *quoted = g_strdelimit(g_strdup(text), "'", '"');
	json_t *json = json_parse(quoted, strlen(quoted), &error);

	g_assert_no_error(error);
	return json;
}

static inline void fixture_expect(GError **error, int code)
{
	g_assert_nonnull(*error);
	if (!g_error_matches(*error, ZHIYIN_ERROR, code))
		g_test_message("%s", (*error)->message);
	g_assert_error(*error, ZHIYIN_ERROR, code);
	g_clear_error(error);
}
