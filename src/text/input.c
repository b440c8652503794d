/*
 * A pipeline of three stages, each pulling from the one before: bytes (file or memory), unpack
 * (gzip), decode (to UTF-8). The encoding is decided as late as possible, at the first byte that is
 * not ASCII, so that a long ASCII header does not settle a Chinese file wrongly; what is UTF-8 is
 * then only checked and copied, never converted.
 */
#include "text/input.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unicode/ucnv.h>
#include <unistd.h>

#include "base/error.h"

#define PACKED_MAX 65536	 /* bytes read from the file at once when it is packed */
#define WINDOW_MAX (1024 * 1024) /* undecoded bytes at hand, and what the encoding is judged on */
#define UNITS_MAX 16384

struct Input {
	char *name;
	int fd; /* -1: memory */
	const char *memory;
	gsize n_memory;
	GConverter *unpacker; /* NULL: not gzip */
	gboolean member_ended, packed_end;
	char *packed;
	gsize packed_start, packed_stop;
	guint64 n_packed, n_unpacked; /* in all */

	char *window; /* undecoded bytes: [start, stop) */
	gsize start, stop;
	gboolean window_end; /* nothing behind stop */
	InputEncoding encoding;
	UConverter *converter;
	UChar *units; /* decoded, not yet given out: [unit, n_units) */
	gsize unit, n_units;

	guint64 n_given, max_bytes;
	guint64 n_decoded; /* undecoded bytes used up: where an error stands */
	guint64 line;
};

const char *input_name(const Input *input)
{
	return input->name;
}

InputEncoding input_encoding(const Input *input)
{
	return input->encoding;
}

const char *input_encoding_name(InputEncoding encoding)
{
	static const char *const names[] = {"ASCII",	"UTF-8",    "GB18030", "UTF-16LE",
					    "UTF-16BE", "UTF-32LE", "UTF-32BE"};

	return names[encoding];
}

gboolean input_is_gzip(const Input *input)
{
	return input->unpacker != NULL;
}

/* ---- bytes --------------------------------------------------------------------------------------------------- */

static gssize bytes_read(Input *input, char *buffer, gsize max, GError **error)
{
	gssize n;

	if (input->fd < 0) {
		gsize n_copied = MIN(max, input->n_memory);

		memcpy(buffer, input->memory, n_copied);
		input->memory += n_copied;
		input->n_memory -= n_copied;
		return (gssize)n_copied;
	}
	do
		n = read(input->fd, buffer, max);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		g_set_error(error, ZHIYIN_ERROR,
			    errno == EISDIR ? ZHIYIN_ERROR_INVALID : ZHIYIN_ERROR_INTERNAL,
			    "%s: cannot be read: %s", input->name, g_strerror(errno));
	return n;
}

/* ---- unpack -------------------------------------------------------------------------------------------------- */

static gboolean packed_fill(Input *input, GError **error)
{
	gsize n_left = input->packed_stop - input->packed_start;
	gssize n;

	if (input->packed_end)
		return TRUE;
	memmove(input->packed, input->packed + input->packed_start, n_left);
	input->packed_start = 0;
	input->packed_stop = n_left;
	n = bytes_read(input, input->packed + n_left, PACKED_MAX - n_left, error);
	if (n < 0)
		return FALSE;
	input->packed_end = n == 0;
	input->packed_stop += (gsize)n;
	input->n_packed += (guint64)n;
	return TRUE;
}

static gboolean unpack_ratio(const Input *input, GError **error)
{
	if (input->n_unpacked <= INPUT_RATIO_FREE ||
	    input->n_unpacked / INPUT_RATIO_MAX <= input->n_packed)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
		    "%s: unpacks to more than %d times its size, unpack it yourself if it is to be "
		    "trusted",
		    input->name, INPUT_RATIO_MAX);
	return FALSE;
}

static gboolean unpack_failed(const Input *input, const GError *cause, GError **error)
{
	gboolean ends = g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT);

	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s: byte %" G_GUINT64_FORMAT ": %s, expected a complete gzip file",
		    input->name, input->n_packed - (input->packed_stop - input->packed_start),
		    ends ? "the gzip data end early" : "the gzip data are damaged");
	return FALSE;
}

/* Behind a member: another one, or the end. Zero padding, as tapes leave it, is an end. */
static gboolean unpack_next_member(Input *input, gboolean *ret_end, GError **error)
{
	const char *at;

	while (input->packed_stop - input->packed_start < 2 && !input->packed_end)
		if (!packed_fill(input, error))
			return FALSE;
	at = input->packed + input->packed_start;
	*ret_end = input->packed_stop == input->packed_start || *at == '\0';
	if (*ret_end)
		return TRUE;
	g_converter_reset(input->unpacker);
	input->member_ended = FALSE;
	return TRUE;
}

/* One step of the unpacker into buffer. */
static gboolean unpack_step(Input *input, char *buffer, gsize max, gsize *ret_n, GError **error)
{
	GConverterFlags flags = input->packed_end ? G_CONVERTER_INPUT_AT_END : G_CONVERTER_NO_FLAGS;
	g_autoptr(GError) cause = NULL;
	gsize n_used = 0;
	GConverterResult result;

	*ret_n = 0;
	result = g_converter_convert(input->unpacker, input->packed + input->packed_start,
				     input->packed_stop - input->packed_start, buffer, max, flags,
				     &n_used, ret_n, &cause);
	if (result == G_CONVERTER_ERROR) {
		*ret_n = 0;
		if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT) &&
		    !input->packed_end)
			return packed_fill(input, error);
		return unpack_failed(input, cause, error);
	}
	input->packed_start += n_used;
	input->n_unpacked += *ret_n;
	input->member_ended = result == G_CONVERTER_FINISHED;
	return unpack_ratio(input, error);
}

/* Not packed: what was read to look for gzip, then the rest. */
static gssize plain_read(Input *input, char *buffer, gsize max, GError **error)
{
	gsize n = MIN(max, input->packed_stop - input->packed_start);

	if (n == 0)
		return bytes_read(input, buffer, max, error);
	memcpy(buffer, input->packed + input->packed_start, n);
	input->packed_start += n;
	return (gssize)n;
}

static gssize unpack_read(Input *input, char *buffer, gsize max, GError **error)
{
	gsize n = 0;
	gboolean end = FALSE;

	if (!input->unpacker)
		return plain_read(input, buffer, max, error);
	while (n == 0 && !end) {
		if (input->member_ended) {
			if (!unpack_next_member(input, &end, error))
				return -1;
			continue;
		}
		if (input->packed_start == input->packed_stop && !packed_fill(input, error))
			return -1;
		if (!unpack_step(input, buffer, max, &n, error))
			return -1;
	}
	return (gssize)n;
}

/* ---- the window ---------------------------------------------------------------------------------------------- */

/* Makes at least want bytes available unless the input ends before. want <= WINDOW_MAX. */
static gboolean window_fill(Input *input, gsize want, GError **error)
{
	if (input->stop - input->start >= want || input->window_end)
		return TRUE;
	memmove(input->window, input->window + input->start, input->stop - input->start);
	input->stop -= input->start;
	input->start = 0;
	while (input->stop < want && !input->window_end) {
		gssize n = unpack_read(input, input->window + input->stop, WINDOW_MAX - input->stop,
				       error);

		if (n < 0)
			return FALSE;
		input->window_end = n == 0;
		input->stop += (gsize)n;
	}
	return TRUE;
}

/* Bytes have been turned into text. Lines are counted here only where a line feed is one byte of
 * its own. */
static void window_use(Input *input, gsize n)
{
	const char *at = input->window + input->start, *end = at + n;

	while (!input->converter && (at = memchr(at, '\n', (gsize)(end - at)))) {
		at++;
		input->line++;
	}
	input->start += n;
	input->n_decoded += n;
}

static gssize decode_failed(const Input *input, const char *what, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s:%" G_GUINT64_FORMAT ": byte %" G_GUINT64_FORMAT
		    " (0x%02X) is not %s, expected UTF-8 or GB18030 text",
		    input->name, input->line, input->n_decoded + 1,
		    input->start < input->stop ? (guchar)input->window[input->start] : 0, what);
	return -1;
}

/* ---- which encoding ------------------------------------------------------------------------------------------ */

/* Length of the prefix that is whole, valid UTF-8 (NUL included, which g_utf8_validate would
 * refuse). */
static gsize utf8_valid(const char *text, gsize n)
{
	gsize at = 0;

	while (at < n) {
		const char *end;

		if (g_utf8_validate(text + at, (gssize)(n - at), &end))
			return n;
		at = (gsize)(end - text);
		if (text[at] != '\0')
			return at;
		at++;
	}
	return n;
}

/* The bytes at text are the beginning of a character that goes on behind them. */
static gboolean utf8_is_cut(const char *text, gsize n)
{
	static const char *const tails[] = {"\x80\x80\x80", "\xBF\xBF\xBF"};

	for (gsize i = 0; i < G_N_ELEMENTS(tails) && n < 4; i++)
		for (gsize n_tail = 1; n + n_tail <= 4; n_tail++) {
			char whole[8];

			memcpy(whole, text, n);
			memcpy(whole + n, tails[i], n_tail);
			if (g_utf8_validate(whole, (gssize)(n + n_tail), NULL))
				return TRUE;
		}
	return FALSE;
}

/* Broken UTF-8 rather than another encoding: nearly everything that is not ASCII in it is
 * well-formed. */
static gboolean utf8_is_broken(const char *text, gsize n)
{
	gsize n_good = 0, n_bad = 0;

	for (gsize at = 0; at < n;) {
		gint32 code;
		gsize start = at;

		U8_NEXT(text, at, n, code);
		n_good += code >= 0 && at - start > 1;
		n_bad += code < 0;
	}
	return n_bad * 10 < n_good;
}

/* Characters of two bytes in a text taken as GB18030. */
typedef struct {
	gsize n_pairs;
	gsize n_common; /* signs and Han of GB 2312: nearly all of modern Chinese, little of Latin-1 or Shift-JIS */
	gsize n_private; /* for private use: none in Chinese, many in Big5 */
} Gb18030Count;

static void gb18030_count(const guchar *pair, Gb18030Count *count)
{
	gboolean is_private = (pair[0] >= 0xAA && pair[0] <= 0xAF) || pair[0] >= 0xF8;

	count->n_pairs++;
	if (pair[0] < 0xA1 || pair[1] < 0xA1)
		return;
	count->n_private += is_private;
	count->n_common += pair[0] <= 0xA3 || (pair[0] >= 0xB0 && !is_private);
}

static gboolean is_in(guchar c, guchar low, guchar high)
{
	return c >= low && c <= high;
}

/* Bytes of the GB18030 character at text, 0 when there is none, -1 when it is cut by the end. */
static int gb18030_length(const guchar *text, gsize n, Gb18030Count *count)
{
	if (text[0] < 0x80)
		return 1;
	if (!is_in(text[0], 0x81, 0xFE))
		return 0;
	if (n < 2)
		return -1;
	if (is_in(text[1], 0x40, 0xFE) && text[1] != 0x7F) {
		gb18030_count(text, count);
		return 2;
	}
	if (!is_in(text[1], '0', '9'))
		return 0;
	if (n < 4)
		return -1;
	return is_in(text[2], 0x81, 0xFE) && is_in(text[3], '0', '9') ? 4 : 0;
}

static gboolean gb18030_plausible(const char *text, gsize n, gboolean at_end)
{
	Gb18030Count count = {0, 0, 0};
	gsize at = 0;

	while (at < n) {
		int length = gb18030_length((const guchar *)text + at, n - at, &count);

		if (length == 0 || (length < 0 && at_end))
			return FALSE;
		if (length < 0)
			break;
		at += (gsize)length;
	}
	return count.n_common * 10 >= count.n_pairs * 3 && count.n_private * 50 <= count.n_pairs;
}

static gboolean encoding_set(Input *input, InputEncoding encoding, GError **error)
{
	UErrorCode status = U_ZERO_ERROR;

	input->encoding = encoding;
	if (encoding <= INPUT_UTF8)
		return TRUE;
	input->converter = ucnv_open(input_encoding_name(encoding), &status);
	if (input->converter)
		ucnv_setToUCallBack(input->converter, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL,
				    &status);
	if (U_FAILURE(status)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
			    "%s: no converter for %s: %s", input->name,
			    input_encoding_name(encoding), u_errorName(status));
		return FALSE;
	}
	input->units = g_new(UChar, UNITS_MAX);
	return TRUE;
}

/* Files that people take for tables or texts. */
static gboolean refuse_binary(Input *input, GError **error)
{
	static const struct {
		const char *magic;
		gsize n;
		const char *what;
	} kinds[] = {{"PK\x03\x04", 4, "an Office or ZIP file (xlsx, docx, zip)"},
		     {"\xD0\xCF\x11\xE0", 4, "an old Office file (xls, doc)"},
		     {"%PDF", 4, "a PDF file"},
		     {"GGUF", 4, "a model file"},
		     {"SQLite format 3", 16, "a database file"}};

	if (!window_fill(input, 16, error))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (input->stop - input->start >= kinds[i].n &&
		    memcmp(input->window + input->start, kinds[i].magic, kinds[i].n) == 0) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "%s:1: this is %s, expected text in UTF-8 or GB18030",
				    input->name, kinds[i].what);
			return FALSE;
		}
	return TRUE;
}

/* At the start of the text. */
static gboolean encoding_by_mark(Input *input, GError **error)
{
	static const struct {
		const char *mark;
		gsize n;
		InputEncoding encoding;
	} marks[] = {{"\xEF\xBB\xBF", 3, INPUT_UTF8},	 {"\xFF\xFE\0\0", 4, INPUT_UTF32LE},
		     {"\0\0\xFE\xFF", 4, INPUT_UTF32BE}, {"\xFF\xFE", 2, INPUT_UTF16LE},
		     {"\xFE\xFF", 2, INPUT_UTF16BE},	 {"\x84\x31\x95\x33", 4, INPUT_GB18030}};

	if (!refuse_binary(input, error))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
		if (input->stop - input->start >= marks[i].n &&
		    memcmp(input->window + input->start, marks[i].mark, marks[i].n) == 0) {
			window_use(input, marks[i].n);
			return encoding_set(input, marks[i].encoding, error);
		}
	return TRUE;
}

/* The window begins with a byte that is not ASCII: decides between UTF-8 and GB18030. */
static gboolean encoding_decide(Input *input, GError **error)
{
	const char *text;
	gsize n, n_valid;

	if (!window_fill(input, WINDOW_MAX, error))
		return FALSE;
	text = input->window + input->start;
	n = input->stop - input->start;
	n_valid = utf8_valid(text, n);
	if (n_valid == n ||
	    (!input->window_end && n - n_valid < 4 && utf8_is_cut(text + n_valid, n - n_valid)))
		return encoding_set(input, INPUT_UTF8, error);
	if (!utf8_is_broken(text, n) && gb18030_plausible(text, n, input->window_end))
		return encoding_set(input, INPUT_GB18030, error);
	window_use(input, n_valid);
	decode_failed(input, "valid UTF-8", error);
	return FALSE;
}

/* ---- decode -------------------------------------------------------------------------------------------------- */

static gsize ascii_length(const char *text, gsize n)
{
	gsize at = 0;

	for (guint64 word; at + 8 <= n; at += 8) {
		memcpy(&word, text + at, 8);
		if (word & 0x8080808080808080ULL)
			break;
	}
	while (at < n && !((guchar)text[at] & 0x80))
		at++;
	return at;
}

static gssize decode_copy(Input *input, char *buffer, gsize n)
{
	memcpy(buffer, input->window + input->start, n);
	window_use(input, n);
	return (gssize)n;
}

static gssize decode_utf8(Input *input, char *buffer, gsize max, GError **error)
{
	const char *text;
	gsize n, n_valid;

	if (!window_fill(input, 4, error))
		return -1;
	text = input->window + input->start;
	n = MIN(input->stop - input->start, max);
	n_valid = utf8_valid(text, n);
	if (n_valid == 0 && n > 0)
		return decode_failed(input, "valid UTF-8", error);
	return decode_copy(input, buffer, n_valid);
}

static gboolean convert_failed(Input *input, gsize n_read, GError **error)
{
	UErrorCode ignored = U_ZERO_ERROR;
	char bad[16];
	gint8 n_bad = sizeof(bad);

	ucnv_getInvalidChars(input->converter, bad, &n_bad, &ignored);
	window_use(input, n_read > (gsize)n_bad ? n_read - (gsize)n_bad : 0);
	decode_failed(input, input_encoding_name(input->encoding), error);
	return FALSE;
}

/* Converts the next bytes of the window; a half of a surrogate pair left over from before goes in
 * front. */
static gboolean convert_units(Input *input, GError **error)
{
	UErrorCode status = U_ZERO_ERROR;
	gsize n_kept = input->n_units - input->unit;
	UChar *unit = input->units + n_kept;
	const char *from, *source;

	if (!window_fill(input, 1, error))
		return FALSE;
	memmove(input->units, input->units + input->unit, n_kept * sizeof(UChar));
	source = from = input->window + input->start;
	ucnv_toUnicode(input->converter, &unit, input->units + UNITS_MAX, &source,
		       input->window + input->stop, NULL, input->window_end, &status);
	for (const UChar *at = input->units + n_kept; at < unit; at++)
		input->line += *at == '\n';
	if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR)
		return convert_failed(input, (gsize)(source - from), error);
	window_use(input, (gsize)(source - from));
	input->unit = 0;
	input->n_units = (gsize)(unit - input->units);
	return TRUE;
}

/* A whole character is among the units. */
static gboolean has_character(const Input *input)
{
	gsize n_left = input->n_units - input->unit;

	return n_left > 1 || (n_left == 1 && !U16_IS_LEAD(input->units[input->unit]));
}

static gssize decode_convert(Input *input, char *buffer, gsize max, GError **error)
{
	gsize n = 0;

	while (!has_character(input)) {
		if (!convert_units(input, error))
			return -1;
		if (input->n_units == 0 && input->window_end && input->start == input->stop)
			return 0;
	}
	while (has_character(input) && n + U8_MAX_LENGTH <= max) {
		UChar32 code;

		U16_NEXT(input->units, input->unit, input->n_units, code);
		U8_APPEND_UNSAFE(buffer, n, code);
	}
	return (gssize)n;
}

/* While only ASCII was seen. *ret_decided: not ASCII any more, nothing was read. */
static gssize decode_ascii(Input *input, char *buffer, gsize max, gboolean *ret_decided,
			   GError **error)
{
	gsize n;

	*ret_decided = FALSE;
	if (!window_fill(input, 1, error))
		return -1;
	n = ascii_length(input->window + input->start, MIN(input->stop - input->start, max));
	if (n > 0 || input->start == input->stop)
		return decode_copy(input, buffer, n);
	*ret_decided = encoding_decide(input, error);
	return *ret_decided ? 0 : -1;
}

static gssize decode_read(Input *input, char *buffer, gsize max, GError **error)
{
	gboolean decided = TRUE;

	if (input->n_decoded == 0 && input->encoding == INPUT_UNDECIDED &&
	    !encoding_by_mark(input, error))
		return -1;
	if (input->encoding == INPUT_UNDECIDED) {
		gssize n = decode_ascii(input, buffer, max, &decided, error);

		if (!decided)
			return n;
	}
	return input->converter ? decode_convert(input, buffer, max, error)
				: decode_utf8(input, buffer, max, error);
}

gssize input_read(Input *input, char *buffer, gsize max, GError **error)
{
	gssize n;

	g_return_val_if_fail(max >= 8, -1);
	n = decode_read(input, buffer, max, error);
	if (n > 0)
		input->n_given += (guint64)n;
	if (n < 0 || input->n_given <= input->max_bytes)
		return n;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
		    "%s: more than %" G_GUINT64_FORMAT " bytes of text, which is the limit here",
		    input->name, input->max_bytes);
	return -1;
}

/* ---- opening ------------------------------------------------------------------------------------------------- */

static Input *input_new(const char *name, int fd, guint64 max_bytes)
{
	Input *input = g_new0(Input, 1);

	input->name = g_strdup(name);
	input->fd = fd;
	input->max_bytes = max_bytes ? max_bytes : INPUT_MAX_DEFAULT;
	input->packed = g_malloc(PACKED_MAX);
	input->window = g_malloc(WINDOW_MAX);
	input->line = 1;
	return input;
}

/* Looks at the first bytes, which stay in packed. */
static gboolean input_sniff(Input *input, GError **error)
{
	while (input->packed_stop < 2 && !input->packed_end)
		if (!packed_fill(input, error))
			return FALSE;
	if (input->packed_stop >= 2 && memcmp(input->packed, "\x1F\x8B", 2) == 0)
		input->unpacker =
			G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
	return TRUE;
}

static int open_file(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), code = errno;
	struct stat facts;

	if (fd < 0) {
		ZhiyinError kind = code == ENOENT || code == ENOTDIR ? ZHIYIN_ERROR_NOT_FOUND
				   : code == EACCES || code == EPERM ? ZHIYIN_ERROR_FORBIDDEN
								     : ZHIYIN_ERROR_INTERNAL;

		g_set_error(error, ZHIYIN_ERROR, kind, "%s: cannot be opened: %s", path,
			    g_strerror(code));
		return -1;
	}
	if (fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s: is a directory, expected a file", path);
		close(fd);
		return -1;
	}
	return fd;
}

Input *input_open_as(const char *path, const char *name, guint64 max_bytes, GError **error)
{
	gboolean is_stdin = strcmp(path, "-") == 0;
	g_autoptr(Input) input = NULL;
	int fd = is_stdin ? STDIN_FILENO : open_file(path, error);

	if (fd < 0)
		return NULL;
	input = input_new(name, fd, max_bytes);
	return input_sniff(input, error) ? g_steal_pointer(&input) : NULL;
}

Input *input_open(const char *path, guint64 max_bytes, GError **error)
{
	return input_open_as(path, strcmp(path, "-") == 0 ? "standard input" : path, max_bytes,
			     error);
}

Input *input_new_bytes(const char *name, const void *bytes, gsize n_bytes, guint64 max_bytes)
{
	Input *input = input_new(name, -1, max_bytes);

	input->memory = bytes;
	input->n_memory = n_bytes;
	input_sniff(input, NULL); /* memory is always readable */
	return input;
}

void input_free(Input *input)
{
	if (!input)
		return;
	if (input->fd > STDIN_FILENO)
		close(input->fd);
	if (input->converter)
		ucnv_close(input->converter);
	g_clear_object(&input->unpacker);
	g_free(input->units);
	g_free(input->window);
	g_free(input->packed);
	g_free(input->name);
	g_free(input);
}

/* ---- whole texts --------------------------------------------------------------------------------------------- */

char *input_load_rest(Input *input, gsize *ret_n, GError **error)
{
	g_autofree char *text = NULL;
	gsize n = 0, room = 0;

	for (;;) {
		gssize n_read;

		if (room - n < 4096) {
			char *larger = g_try_realloc(text, room = MAX(room * 2, 65536));

			if (!larger) {
				g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
					    "%s: does not fit into memory", input->name);
				return NULL;
			}
			text = larger;
		}
		n_read = input_read(input, text + n, room - n - 1, error);
		if (n_read < 0)
			return NULL;
		if (n_read == 0)
			break;
		n += (gsize)n_read;
	}
	text[n] = '\0';
	if (ret_n)
		*ret_n = n;
	return g_steal_pointer(&text);
}

char *input_load(const char *path, guint64 max_bytes, gsize *ret_n, GError **error)
{
	g_autoptr(Input) input = input_open(path, max_bytes, error);

	return input ? input_load_rest(input, ret_n, error) : NULL;
}
