/* Errors in the reader's language: whole sentences, parts behind names, what stays English, and who reads. */
#include "base/error_text.h"

static const struct {
	const char *en, *zh;
} said[] = {
	{"there is no such conversation", "没有这个会话"},
	{"there is no such contact", "没有这个联系人"},
	{"there is no such vehicle", "没有这个vehicle"}, /* invented by an administrator */
	{"page_size must be a number from 1 to 1000", "page_size 必须是 1 到 1000 的数"},
	/* names stay as they were sent, also such as have a row of their own */
	{"there is no field 'contacts'", "没有字段“contacts”"},
	{"filter, column 7: there is no field 'nmae'", "筛选条件第 7 个字符：没有字段“nmae”"},
	{"filter, column 12: the value is no date (expected 2026-11-25)",
	 "筛选条件第 12 个字符：该值不是日期（例如 2026-11-25）"},
	{"order_by: there is no field 'x'", "order_by：没有字段“x”"},
	{"name is required", "name 必填"},
	{"a strange name is required", "a strange name 必填"},
	{"company_id names none of the companies", "company_id 在公司中找不到"},
	{"custom.level is not one of the choices", "custom.level 不在可选值之中"},
	{"this needs the right to delete deals", "需要删除商机的权限"},
	{"%s=%s is a name: is required", "%s=%s is a name：必填"},
	{"a=b: the contacts cannot be looked up by 'c'", "a=b：不能用“c”查找联系人"},
	{"names none of the companies", "在公司中找不到"},
	{"company.name names more than one of the companies", "company.name 在公司中匹配到多条"},
	{"its measured macro F1 is significantly below that of the one in use, 0.912 (95 %: 0.900 "
	 "to "
	 "0.930) against 0.950 (0.940 to 0.960); force promotes it all the same",
	 "它测得的 macro F1 显著低于在用的：0.912（95 %：0.900 到 0.930），在用的 0.950（0.940 到 "
	 "0.960）；用 force 仍可启用"},
};

static void test_chinese(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(said); i++) {
		g_autofree char *zh = error_text(said[i].en, READER_ZH);
		g_autofree char *en = error_text(said[i].en, READER_EN);

		g_assert_cmpstr(zh, ==, said[i].zh);
		g_assert_cmpstr(en, ==, said[i].en);
	}
}

static void test_what_stays(void)
{
	g_autofree char *longer = g_strnfill(ERROR_TEXT_MAX_BYTES, 'x');
	g_autofree char *name = g_strconcat(longer, " is required", NULL);
	const char *const texts[] = {"", "%", "%s", "said by nobody", "a: b: c", ": ", name};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *zh = error_text(texts[i], READER_ZH);

		g_assert_cmpstr(zh, ==, texts[i]);
	}
}

/* What is made to be tried again and again is answered all the same. */
static void test_hostile(void)
{
	GString *text = g_string_new("there is no key ");
	gint64 begun = g_get_monotonic_time();
	g_autofree char *zh = NULL;

	while (text->len < ERROR_TEXT_MAX_BYTES - 60)
		g_string_append(text, "=: the ");
	g_string_append(text, " have no field of that name that can be imported");
	zh = error_text(text->str, READER_ZH);
	g_assert_nonnull(zh);
	g_test_message("%" G_GINT64_FORMAT " us", g_get_monotonic_time() - begun);
	g_assert_cmpint(g_get_monotonic_time() - begun, <, G_USEC_PER_SEC / 5);
	g_string_free(text, TRUE);
}

static void test_details(void)
{
	g_autoptr(GError) ours =
		g_error_new_literal(ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such user");
	g_autoptr(GError) others =
		g_error_new_literal(G_FILE_ERROR, G_FILE_ERROR_NOENT, "/a/file of ours");
	g_autofree char *zh = error_detail(ours, READER_ZH), *en = error_detail(ours, READER_EN);
	g_autofree char *other = error_detail(others, READER_ZH);

	g_assert_cmpstr(zh, ==, "没有这个用户");
	g_assert_cmpstr(en, ==, "there is no such user");
	g_assert_cmpstr(other, ==, "我们这边出了问题");
	g_assert_cmpstr(error_title(error_kind(ours), READER_ZH), ==, "此地址没有内容");
}

static void test_readers(void)
{
	const struct {
		const char *header;
		Reader reader;
	} rows[] = {
		{NULL, READER_EN},
		{"", READER_EN},
		{"zh", READER_ZH},
		{"ZH-cn", READER_ZH},
		{"zh-Hant-TW,zh;q=0.9,en;q=0.8", READER_ZH},
		{"en-US,en;q=0.9,zh;q=0.8", READER_EN},
		{"fr, zh;q=0.5", READER_ZH},
		{"fr", READER_EN},
		{"*", READER_EN},
		{"zh;q=0, en;q=0.1", READER_EN},
		{"zh;q=0", READER_EN},
		{"en ; q=0.2 , zh ; q=0.3", READER_ZH},
		{"zhx", READER_EN},
		{"zh;;q=;,,;", READER_ZH},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpint(reader_of(rows[i].header), ==, rows[i].reader);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/error_text/chinese", test_chinese);
	g_test_add_func("/error_text/what-stays", test_what_stays);
	g_test_add_func("/error_text/hostile", test_hostile);
	g_test_add_func("/error_text/details", test_details);
	g_test_add_func("/error_text/readers", test_readers);
	return g_test_run();
}
