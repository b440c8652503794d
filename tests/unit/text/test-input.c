/* Files of all encodings and packings, written here with ICU and zlib (GIO), read back; faults with
 * their place. */
#include "text/input.h"

#include <unicode/ucnv.h>
#include <unistd.h>

#include "base/error.h"
#include "support.h"

#define POEM \
	"订单号,客户姓名,备注\n1001,张伟,快递三天没到，要求退货😀\n1002,李娜,Café 订单改地址𠮷\n"

static char *encode(const char *text, const char *encoding, const char *mark, gsize n_mark,
		    gsize *ret_n)
{
	UErrorCode status = U_ZERO_ERROR;
	gint32 max = (gint32)strlen(text) * 4 + 16, n;
	char *bytes = g_malloc((gsize)max + n_mark);

	memcpy(bytes, mark, n_mark);
	n = ucnv_convert(encoding, "UTF-8", bytes + n_mark, max, text, (gint32)strlen(text),
			 &status);
	g_assert_true(U_SUCCESS(status));
	*ret_n = (gsize)n + n_mark;
	return bytes;
}

static char *pack(const char *bytes, gsize n, gsize *ret_n)
{
	g_autoptr(GZlibCompressor) packer = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6);
	g_autoptr(GInputStream) plain = g_memory_input_stream_new_from_data(bytes, (gssize)n, NULL);
	g_autoptr(GInputStream) packed = g_converter_input_stream_new(plain, G_CONVERTER(packer));
	g_autoptr(GOutputStream) out = g_memory_output_stream_new_resizable();
	gssize n_spliced = g_output_stream_splice(out, packed, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET,
						  NULL, NULL);

	g_assert_cmpint(n_spliced, >, 0);
	*ret_n = (gsize)n_spliced;
	return g_memory_output_stream_steal_data(G_MEMORY_OUTPUT_STREAM(out));
}

/* Reads in pieces of step bytes. The text, or the message of the error. */
static char *read_bytes(const char *bytes, gsize n_bytes, gsize step, guint64 max_bytes,
			InputEncoding *ret_encoding)
{
	g_autoptr(Input) input = input_new_bytes("f", bytes, n_bytes, max_bytes);
	g_autoptr(GError) error = NULL;
	g_autofree char *buffer = g_malloc(step);
	GString *text = g_string_new(NULL);
	gssize n;

	while ((n = input_read(input, buffer, step, &error)) > 0) {
		g_assert_cmpint(n, <=, (gssize)step);
		g_string_append_len(text, buffer, n);
	}
	g_assert_true((n < 0) == (error != NULL));
	if (error) {
		g_assert_cmpint(error_kind(error)->exit_code, ==, 3);
		g_string_assign(text, error->message);
	}
	if (ret_encoding)
		*ret_encoding = input_encoding(input);
	return g_string_free(text, FALSE);
}

static void test_encodings(void)
{
	static const struct {
		const char *name, *mark;
		gsize n_mark;
		InputEncoding encoding;
	} rows[] = {
		{"UTF-8", "", 0, INPUT_UTF8},
		{"UTF-8", "\xEF\xBB\xBF", 3, INPUT_UTF8},
		{"GB18030", "", 0, INPUT_GB18030},
		{"GB18030", "\x84\x31\x95\x33", 4, INPUT_GB18030},
		{"UTF-16LE", "\xFF\xFE", 2, INPUT_UTF16LE},
		{"UTF-16BE", "\xFE\xFF", 2, INPUT_UTF16BE},
		{"UTF-32LE", "\xFF\xFE\0\0", 4, INPUT_UTF32LE},
		{"UTF-32BE", "\0\0\xFE\xFF", 4, INPUT_UTF32BE},
	};
	static const gsize steps[] = {8, 9, 13, 4096};
	g_autoptr(GString) poem = g_string_new(NULL);

	for (int i = 0; i < 600; i++) /* longer than the converter's buffer */
		g_string_append(poem, POEM);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gsize n, n_packed;
		g_autofree char *bytes =
			encode(poem->str, rows[i].name, rows[i].mark, rows[i].n_mark, &n);
		g_autofree char *packed = pack(bytes, n, &n_packed);

		for (gsize k = 0; k < G_N_ELEMENTS(steps); k++) {
			InputEncoding encoding;
			g_autofree char *plain = read_bytes(bytes, n, steps[k], 0, &encoding);
			g_autofree char *unpacked = read_bytes(packed, n_packed, steps[k], 0, NULL);

			g_assert_cmpint(encoding, ==, rows[i].encoding);
			g_assert_cmpstr(plain, ==, poem->str);
			g_assert_cmpstr(unpacked, ==, poem->str);
		}
	}
}

/* The first Chinese character may come late, or sit on any border. */
static void test_late(void)
{
	for (gsize pad = 1048576 - 8; pad < 1048576 + 8; pad++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *bytes = NULL, *read_gb = NULL, *read_utf8 = NULL;
		gsize n;

		while (text->len < pad)
			g_string_append_c(text, 'x');
		g_string_append(text, "退货流程");
		bytes = encode(text->str, "GB18030", "", 0, &n);
		read_gb = read_bytes(bytes, n, 65536, 0, NULL);
		read_utf8 = read_bytes(text->str, text->len, 65536, 0, NULL);
		g_assert_cmpstr(read_gb, ==, text->str);
		g_assert_cmpstr(read_utf8, ==, text->str);
	}
}

static void check_error(const char *bytes, gsize n, const char *expected)
{
	g_autofree char *message = read_bytes(bytes, n, 4096, 0, NULL);

	g_assert_cmpstr(message, ==, expected);
}

/* Other encodings of the region are refused, traditional Chinese in GB18030 is not. */
static void test_neighbours(void)
{
	static const char *const traditional[] = {
		"我想退貨，快遞三天了還沒有到。請問什麼時候可以收到退款？謝謝您的幫忙。",
		"客戶張偉來自臺北有限公司，預算五十萬元，下週簽署續約合同。",
	};
	static const char japanese[] =
		"注文した商品がまだ届きません。返品したいのですが、どうすればよいですか。";

	for (gsize i = 0; i < G_N_ELEMENTS(traditional); i++) {
		gsize n_gb, n_big5;
		g_autofree char *gb = encode(traditional[i], "GB18030", "", 0, &n_gb);
		g_autofree char *big5 = encode(traditional[i], "Big5", "", 0, &n_big5);
		g_autofree char *read_gb = read_bytes(gb, n_gb, 64, 0, NULL),
				*read_big5 = read_bytes(big5, n_big5, 64, 0, NULL);

		g_assert_cmpstr(read_gb, ==, traditional[i]);
		g_assert_true(g_str_has_prefix(read_big5, "f:1: byte 1 "));
	}
	{
		gsize n;
		g_autofree char *sjis = encode(japanese, "Shift_JIS", "", 0, &n),
				*read = read_bytes(sjis, n, 64, 0, NULL);

		g_assert_true(g_str_has_prefix(read, "f:1: byte 1 "));
	}
}

static void test_undecodable(void)
{
	static const char latin1[] = "name\nr\xE9sum\xE9 caf\xE9\n";
	static const char broken[] = "你好世界你好世界你好世界\n退\xE8\xB4\n货",
			  cut[] = "你好世界你好世界你好世界你好世界\xE9\x80";
	static const char utf16[] = "\xFF\xFE"
				    "a\0\n\0\x00\xD8"
				    "b\0",
			  mojibake[] = "\xD5\xC5\xCE\xB0\xCB\xD1\n\xCB\xF7\xFF\xFF";
	g_autoptr(GString) late = g_string_new(NULL);
	g_autofree char *message = NULL;

	check_error(latin1, strlen(latin1),
		    "f:2: byte 7 (0xE9) is not valid UTF-8, expected UTF-8 or GB18030 text");
	check_error(broken, strlen(broken),
		    "f:2: byte 41 (0xE8) is not valid UTF-8, expected UTF-8 or GB18030 text");
	check_error(cut, strlen(cut),
		    "f:1: byte 49 (0xE9) is not valid UTF-8, expected UTF-8 or GB18030 text");
	check_error(utf16, sizeof(utf16) - 1,
		    "f:2: byte 7 (0x00) is not UTF-16LE, expected UTF-8 or GB18030 text");
	check_error(mojibake, strlen(mojibake),
		    "f:1: byte 1 (0xD5) is not valid UTF-8, expected UTF-8 or GB18030 text");
	/* A fault behind what the encoding was judged on */
	while (late->len < 3000000)
		g_string_append(late, "\xCD\xCB\xBB\xF5\n");
	g_string_append(late, "\xFF\xFF\n");
	message = read_bytes(late->str, late->len, 4096, 0, NULL);
	g_assert_cmpstr(
		message, ==,
		"f:600001: byte 3000001 (0xFF) is not GB18030, expected UTF-8 or GB18030 text");
}

static void test_gzip(void)
{
	gsize n, n_double;
	g_autofree char *packed = pack(POEM, strlen(POEM), &n);
	g_autofree char *twice = g_malloc(2 * n + 4), *read_twice = NULL, *padded = NULL,
			*cut = NULL, *damaged = NULL;

	memcpy(twice, packed, n);
	memcpy(twice + n, packed, n);
	memset(twice + 2 * n, 0, 4);
	n_double = 2 * n;
	read_twice = read_bytes(twice, n_double, 4096, 0, NULL);
	padded = read_bytes(twice, n_double + 4, 4096, 0, NULL);
	g_assert_cmpstr(read_twice, ==, POEM POEM);
	g_assert_cmpstr(padded, ==, POEM POEM);
	cut = read_bytes(packed, n - 5, 4096, 0, NULL);
	g_assert_nonnull(strstr(cut, "the gzip data end early, expected a complete gzip file"));
	twice[n / 2] = (char)(twice[n / 2] ^ 0x55);
	damaged = read_bytes(twice, n, 4096, 0, NULL);
	g_assert_nonnull(strstr(damaged, "expected a complete gzip file"));
}

static void test_limits(void)
{
	g_autoptr(GString) zeros = g_string_new(NULL);
	g_autofree char *bomb = NULL, *read_bomb = NULL, *at_limit = NULL, *past_limit = NULL;
	gsize n;

	g_string_set_size(zeros, 64 << 20);
	memset(zeros->str, 'a', zeros->len);
	bomb = pack(zeros->str, zeros->len, &n);
	read_bomb = read_bytes(bomb, n, 65536, 0, NULL);
	g_assert_nonnull(strstr(read_bomb, "f: unpacks to more than 100 times its size"));
	at_limit = read_bytes(zeros->str, 100, 64, 100, NULL);
	past_limit = read_bytes(zeros->str, 101, 64, 100, NULL);
	g_assert_cmpuint(strlen(at_limit), ==, 100);
	g_assert_cmpstr(past_limit, ==, "f: more than 100 bytes of text, which is the limit here");
}

static void test_files(void)
{
	g_autofree char *dir = g_dir_make_tmp("zhiyin-input-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "a.csv.gz", NULL),
			*none = g_build_filename(dir, "none", NULL);
	g_autofree char *text = NULL, *packed = NULL;
	g_autoptr(GError) error = NULL;
	gsize n;

	packed = pack(POEM, strlen(POEM), &n);
	g_assert_true(g_file_set_contents(path, packed, (gssize)n, NULL));
	text = input_load(path, 0, &n, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(text, ==, POEM);
	g_assert_cmpuint(n, ==, strlen(POEM));
	g_assert_null(input_load(none, 0, NULL, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND);
	g_clear_error(&error);
	g_assert_null(input_load(dir, 0, NULL, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
	g_remove(path);
	g_rmdir(dir);
}

/* "-" is standard input, also packed; it is not closed. */
static void test_stdin(void)
{
	g_autofree char *packed = NULL, *path = NULL;
	int file = g_file_open_tmp("zhiyin-input-XXXXXX", &path, NULL), saved = dup(STDIN_FILENO);
	gsize n;

	packed = pack(POEM, strlen(POEM), &n);
	g_assert_cmpint(write(file, packed, n), ==, (gssize)n);
	g_assert_cmpint(lseek(file, 0, SEEK_SET), ==, 0);
	g_assert_cmpint(dup2(file, STDIN_FILENO), ==, STDIN_FILENO);
	{
		g_autoptr(GError) error = NULL;
		g_autoptr(Input) input = input_open("-", 0, &error);
		g_autofree char *text = input ? input_load_rest(input, NULL, &error) : NULL;

		g_assert_no_error(error);
		g_assert_cmpstr(text, ==, POEM);
		g_assert_cmpstr(input_name(input), ==, "standard input");
		g_assert_true(input_is_gzip(input));
	}
	g_assert_cmpint(dup2(saved, STDIN_FILENO), ==, STDIN_FILENO);
	g_remove(path);
	close(file);
	close(saved);
}

static void check_any(const char *text, gsize n_bytes)
{
	g_autoptr(Input) input = input_new_bytes("f", text, n_bytes, 0);
	g_autofree char *read = input_load_rest(input, NULL, NULL);

	g_assert_true(!read || strlen(read) == 0 || g_utf8_validate(read, -1, NULL));
}

static void test_any(void)
{
	support_foreach_nasty(check_any);
	support_foreach_noise(check_any, 300);
}

static void test_empty(void)
{
	InputEncoding encoding;
	g_autofree char *empty = read_bytes("", 0, 64, 0, &encoding),
			*ascii = read_bytes("abc\r\n", 5, 64, 0, &encoding);

	g_assert_cmpstr(empty, ==, "");
	g_assert_cmpstr(ascii, ==, "abc\r\n");
	g_assert_cmpstr(input_encoding_name(encoding), ==, "ASCII");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/input/encodings", test_encodings);
	g_test_add_func("/input/late", test_late);
	g_test_add_func("/input/neighbours", test_neighbours);
	g_test_add_func("/input/undecodable", test_undecodable);
	g_test_add_func("/input/gzip", test_gzip);
	g_test_add_func("/input/limits", test_limits);
	g_test_add_func("/input/files", test_files);
	g_test_add_func("/input/stdin", test_stdin);
	g_test_add_func("/input/empty", test_empty);
	g_test_add_func("/input/any-bytes", test_any);
	return g_test_run();
}
