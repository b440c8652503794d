/* Files of records: what they are, where they lie, who may have them. */
#include <sys/stat.h>
#include <utime.h>

#include "crm/attachments.h"
#include "records_fixture.h"

static void expect_type(const char *bytes, gsize n, const char *type, gboolean shown)
{
	gboolean is_shown;

	g_assert_cmpstr(attachment_type(bytes, n, &is_shown), ==, type);
	g_assert_cmpint(is_shown, ==, shown);
}

static void test_types(void)
{
	expect_type("\x89PNG\r\n\x1a\n....", 12, "image/png", TRUE);
	expect_type("RIFF....WEBPVP8 ", 16, "image/webp", TRUE);
	expect_type("%PDF-1.7\n", 9, "application/pdf", FALSE);
	expect_type("PK\x03\x04", 4, "application/zip", FALSE);
	expect_type("合同 contract\n", 16, "text/plain", TRUE);
	/* programs and pages are bytes that nobody runs */
	expect_type("MZ\x90\x00\x03", 5, "application/octet-stream", FALSE);
	expect_type("\x7f"
		    "ELF\x02",
		    5, "application/octet-stream", FALSE);
	expect_type("#!/bin/sh\n", 10, "application/octet-stream", FALSE);
	expect_type("  <!DOCTYPE html>", 17, "application/octet-stream", FALSE);
	expect_type("<svg onload=x>", 14, "application/octet-stream", FALSE);
	expect_type("\xff\xfe\x00", 3, "application/octet-stream", FALSE);
	expect_type("", 0, "text/plain", TRUE);
	expect_type("\x89P", 2, "application/octet-stream", FALSE);
}

static char *add(Fixture *f, const Principal *who, const char *record, const char *name,
		 const char *text, GError **error)
{
	NewAttachment fresh = {"deals", record, name, text, strlen(text)};
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) answer = NULL;

	if (!attachment_add(f->store, f->path, who, &fresh, out, error))
		return NULL;
	answer = json_parse(out->str, out->len, NULL);
	return g_strdup(json_member_string(answer, "id"));
}

static guint n_files(Fixture *f)
{
	g_autofree char *folder = g_build_filename(f->path, "attachments", NULL);
	g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
	guint n = 0;

	while (directory && g_dir_read_name(directory))
		n++;
	return n;
}

/* All files of the fixture's folder, as if they were written two days ago. */
static void grow_old(Fixture *f, gboolean remove)
{
	g_autofree char *folder = g_build_filename(f->path, "attachments", NULL);
	g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct utimbuf old = {1000, 1000};

		g_assert_cmpint(remove ? g_unlink(path) : utime(path, &old), ==, 0);
	}
	if (remove)
		g_rmdir(folder);
}

static void count_fault(const char *what, gpointer n)
{
	(void)what;
	++*(int *)n;
}

static int n_faults(Fixture *f)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(f->store, &error);
	int n = 0;

	g_assert_true(attachments_check(db, f->path, count_fault, &n, &error));
	return n;
}

static void test_keeps_once(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *deal = make(db, &f->user_a, &OBJECT_DEAL, "{'name':'a'}");
	g_autofree char *other = make(db, &f->user_a, &OBJECT_DEAL, "{'name':'b'}");
	g_autofree char *first = NULL, *second = NULL, *third = NULL;
	g_auto(AttachmentFile) file = {.file_name = NULL};

	fixture_commit(f);
	first = add(f, &f->user_a, deal, "../../etc/合同\n.txt", "the contract", &error);
	g_assert_no_error(error);
	second = add(f, &f->user_a, other, "copy.txt", "the contract", &error);
	third = add(f, &f->user_a, deal, "c:\\temp\\note.txt", "a note", &error);
	g_assert_cmpuint(n_files(f), ==, 2);
	{
		g_autoptr(Db) read = db_begin_read(f->store, &error);
		g_autoptr(GString) listed = g_string_new(NULL);

		g_assert_true(attachment_read(read, f->path, &f->user_a, first, &file, &error));
		g_assert_cmpstr(file.file_name, ==, "合同.txt");
		g_assert_cmpuint(g_bytes_get_size(file.bytes), ==, 12);
		g_assert_true(attachment_list(read, &f->user_a, "deals", deal, listed, &error));
		g_assert_nonnull(strstr(listed->str, "\"file_name\":\"note.txt\""));
		g_assert_null(strstr(listed->str, "copy.txt"));
		/* of another organisation: not there */
		g_assert_false(attachment_read(read, f->path, &f->user_b, first, &file, &error));
		fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	}
	g_assert_null(add(f, &f->user_b, deal, "x.txt", "x", &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_null(add(f, &f->user_a, deal, "///", "x", &error));
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	g_assert_null(add(f, &f->user_a, deal, "empty.txt", "", &error));
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	grow_old(f, TRUE);
}

/* A file goes when nobody names it and it is old; one that is in use stays. */
static void test_sweep_and_check(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *deal = make(db, &f->user_a, &OBJECT_DEAL, "{'name':'a'}");
	g_autofree char *first = NULL, *second = NULL;

	fixture_commit(f);
	first = add(f, &f->user_a, deal, "a.txt", "one", &error);
	second = add(f, &f->user_a, deal, "b.txt", "two", &error);
	g_assert_cmpint(n_faults(f), ==, 0);
	db = fixture_write(f);
	g_assert_true(attachment_remove(db, &f->user_a, first, &error));
	fixture_commit(f);
	g_assert_true(attachments_sweep(f->store, f->path, &error));
	g_assert_cmpuint(n_files(f), ==, 2);
	grow_old(f, FALSE);
	g_assert_true(attachments_sweep(f->store, f->path, &error));
	g_assert_cmpuint(n_files(f), ==, 1);
	g_assert_cmpint(n_faults(f), ==, 0);
	/* a copy elsewhere is whole */
	{
		g_autofree char *to = g_dir_make_tmp("zhiyin-files-XXXXXX", &error);
		g_autofree char *folder = g_build_filename(to, "attachments", NULL);
		g_autoptr(Db) read = db_begin_read(f->store, &error);
		Fixture copy = {.path = to};
		int n = 0;

		g_assert_true(attachments_copy(read, f->path, to, &error));
		g_assert_true(attachments_check(read, to, count_fault, &n, &error));
		g_assert_cmpint(n, ==, 0);
		grow_old(&copy, TRUE);
		g_rmdir(to);
	}
	grow_old(f, TRUE);
	g_assert_cmpint(n_faults(f), ==, 1);
	/* with its record */
	db = fixture_write(f);
	g_assert_true(record_delete(db, &f->user_a, &OBJECT_DEAL, deal, NULL, &error));
	g_assert_true(record_purge(db, &f->user_a, &OBJECT_DEAL, deal, &error));
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM attachments"), ==, 0);
	fixture_commit(f);
}

int main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/attachments/types", test_types);
	g_test_add_func("/attachments/keeps-once", test_keeps_once);
	g_test_add_func("/attachments/sweep-and-check", test_sweep_and_check);
	return g_test_run();
}
