/* Every kind is a row of fields, and one table serves writing and reading. The row's order is the
 * order on the wire. */
#include "llm/wire.h"

#include <string.h>

#include "base/error.h"

enum { HEAD_BYTES = 4 };

typedef enum { FIELD_U32, FIELD_U64, FIELD_TEXT } FieldType;

typedef struct {
	FieldType type;
	gsize offset;	/* of the value in a WireMessage */
	gsize n_offset; /* of a text's length there */
	gsize max;	/* of a text, in bytes */
} Field;

#define U32(name)                                                   \
	{                                                           \
		FIELD_U32, G_STRUCT_OFFSET(WireMessage, name), 0, 0 \
	}
#define U64(name)                                                   \
	{                                                           \
		FIELD_U64, G_STRUCT_OFFSET(WireMessage, name), 0, 0 \
	} /* a double as well */
#define TEXT(name, length, max)                                   \
	{                                                         \
		FIELD_TEXT, G_STRUCT_OFFSET(WireMessage, name),   \
			G_STRUCT_OFFSET(WireMessage, length), max \
	}

static const Field generate_fields[] = {
	U32(id),
	U32(max_tokens),
	U64(temperature),
	U64(seed),
	U64(deadline_us),
	TEXT(fixed, n_fixed, WIRE_PROMPT_MAX),
	TEXT(input, n_input, WIRE_PROMPT_MAX),
	TEXT(grammar, n_grammar, WIRE_GRAMMAR_MAX),
	TEXT(stops, n_stops, WIRE_STOPS_MAX),
};
static const Field cancel_fields[] = {U32(id)};
static const Field piece_fields[] = {U32(id), TEXT(text, n_text, WIRE_PIECE_MAX)};
static const Field done_fields[] = {U32(id),	      U32(end),	     U32(n_prompt), U32(n_cached),
				    U32(n_generated), U64(queue_ms), U64(first_ms), U64(total_ms)};
static const Field failed_fields[] = {U32(id), U32(code), TEXT(text, n_text, WIRE_NOTE_MAX)};
static const Field info_fields[] = {
	TEXT(text, n_text, WIRE_NOTE_MAX),
	TEXT(sha256, n_sha256, 64),
	U32(n_slots),
	U32(n_running),
	U32(n_context),
	U32(pid),
	U64(file_bytes),
	U64(tokens_per_second),
};

typedef struct {
	WireKind kind;
	const Field *fields;
	guint n_fields;
} Row;

static const Row rows[] = {
	{WIRE_GENERATE, generate_fields, G_N_ELEMENTS(generate_fields)},
	{WIRE_CANCEL, cancel_fields, G_N_ELEMENTS(cancel_fields)},
	{WIRE_ASK_INFO, NULL, 0},
	{WIRE_PREPARE, NULL, 0},
	{WIRE_PIECE, piece_fields, G_N_ELEMENTS(piece_fields)},
	{WIRE_DONE, done_fields, G_N_ELEMENTS(done_fields)},
	{WIRE_FAILED, failed_fields, G_N_ELEMENTS(failed_fields)},
	{WIRE_INFO, info_fields, G_N_ELEMENTS(info_fields)},
};

static const Row *row_find(guint kind)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if ((guint)rows[i].kind == kind)
			return &rows[i];
	return NULL;
}

static gboolean prompt_fits(const WireMessage *message)
{
	return message->n_fixed <= WIRE_PROMPT_MAX &&
	       message->n_input <= WIRE_PROMPT_MAX - message->n_fixed;
}

/* ---- writing --------------------------------------------------------------------------------- */

static void append_u32(GByteArray *out, guint32 value)
{
	value = GUINT32_TO_LE(value);
	g_byte_array_append(out, (const guint8 *)&value, sizeof(value));
}

static gboolean append_field(GByteArray *out, const Field *field, const WireMessage *message)
{
	const guint8 *at = (const guint8 *)message + field->offset;
	guint64 number;
	guint32 small;
	gsize n_bytes;
	const char *text;

	if (field->type == FIELD_U32) {
		memcpy(&small, at, sizeof(small));
		append_u32(out, small);
		return TRUE;
	}
	if (field->type == FIELD_U64) {
		memcpy(&number, at, sizeof(number));
		number = GUINT64_TO_LE(number);
		g_byte_array_append(out, (const guint8 *)&number, sizeof(number));
		return TRUE;
	}
	memcpy(&text, at, sizeof(text));
	memcpy(&n_bytes, (const guint8 *)message + field->n_offset, sizeof(n_bytes));
	if (n_bytes > field->max)
		return FALSE;
	append_u32(out, (guint32)n_bytes);
	g_byte_array_append(out, (const guint8 *)text, (guint)n_bytes);
	return TRUE;
}

gboolean wire_write(GByteArray *out, const WireMessage *message)
{
	const Row *row = row_find(message->kind);
	guint start = out->len;
	guint8 kind = (guint8)message->kind;
	guint32 length;

	if (!row || !prompt_fits(message))
		return FALSE;
	append_u32(out, 0);
	g_byte_array_append(out, &kind, 1);
	for (guint i = 0; i < row->n_fields; i++) {
		if (!append_field(out, &row->fields[i], message)) {
			g_byte_array_set_size(out, start);
			return FALSE;
		}
	}
	length = GUINT32_TO_LE(out->len - start - HEAD_BYTES);
	memcpy(out->data + start, &length, sizeof(length));
	return TRUE;
}

/* ---- reading --------------------------------------------------------------------------------- */

struct WireReader {
	GByteArray *bytes;
	gsize at; /* of the first byte that no message has taken */
};

typedef struct {
	const guint8 *at;
	gsize n;
} Rest;

WireReader *wire_reader_new(void)
{
	WireReader *reader = g_new0(WireReader, 1);

	reader->bytes = g_byte_array_new();
	return reader;
}

void wire_reader_free(WireReader *reader)
{
	if (!reader)
		return;
	g_byte_array_unref(reader->bytes);
	g_free(reader);
}

static gboolean refuse(GError **error, const char *why)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "model connection: %s", why);
	return FALSE;
}

gboolean wire_feed(WireReader *reader, const void *bytes, gsize n_bytes, GError **error)
{
	g_byte_array_remove_range(reader->bytes, 0, (guint)reader->at);
	reader->at = 0;
	if (n_bytes > WIRE_MAX_BYTES || reader->bytes->len > HEAD_BYTES + WIRE_MAX_BYTES)
		return refuse(error, "more bytes than a message can have");
	g_byte_array_append(reader->bytes, bytes, (guint)n_bytes);
	return TRUE;
}

static guint32 read_u32(const guint8 *at)
{
	guint32 value;

	memcpy(&value, at, sizeof(value));
	return GUINT32_FROM_LE(value);
}

static gboolean take_text(Rest *rest, const Field *field, WireMessage *message)
{
	const char *text;
	gsize n_bytes;

	if (rest->n < sizeof(guint32))
		return FALSE;
	n_bytes = read_u32(rest->at);
	if (n_bytes > field->max || n_bytes > rest->n - sizeof(guint32))
		return FALSE;
	text = (const char *)rest->at + sizeof(guint32);
	memcpy((guint8 *)message + field->offset, &text, sizeof(text));
	memcpy((guint8 *)message + field->n_offset, &n_bytes, sizeof(n_bytes));
	rest->at += sizeof(guint32) + n_bytes;
	rest->n -= sizeof(guint32) + n_bytes;
	return TRUE;
}

static gboolean take_field(Rest *rest, const Field *field, WireMessage *message)
{
	gsize size = field->type == FIELD_U32 ? sizeof(guint32) : sizeof(guint64);
	guint64 number;
	guint32 small;

	if (field->type == FIELD_TEXT)
		return take_text(rest, field, message);
	if (rest->n < size)
		return FALSE;
	if (field->type == FIELD_U32) {
		small = read_u32(rest->at);
		memcpy((guint8 *)message + field->offset, &small, sizeof(small));
	} else {
		memcpy(&number, rest->at, sizeof(number));
		number = GUINT64_FROM_LE(number);
		memcpy((guint8 *)message + field->offset, &number, sizeof(number));
	}
	rest->at += size;
	rest->n -= size;
	return TRUE;
}

gboolean wire_next(WireReader *reader, WireMessage *ret_message, GError **error)
{
	Rest rest = {reader->bytes->data + reader->at, reader->bytes->len - reader->at};
	const Row *row;
	gsize length;

	memset(ret_message, 0, sizeof(*ret_message));
	if (rest.n < HEAD_BYTES)
		return FALSE;
	length = read_u32(rest.at);
	if (length < 1 || length > WIRE_MAX_BYTES)
		return refuse(error, "a message of no allowed length");
	if (rest.n - HEAD_BYTES < length)
		return FALSE;
	row = row_find(rest.at[HEAD_BYTES]);
	if (!row)
		return refuse(error, "a message of no known kind");
	reader->at += HEAD_BYTES + length;
	rest.at += HEAD_BYTES + 1;
	rest.n = length - 1;
	ret_message->kind = row->kind;
	for (guint i = 0; i < row->n_fields; i++)
		if (!take_field(&rest, &row->fields[i], ret_message))
			return refuse(error,
				      "a message that ends within a field or has one too long");
	return rest.n == 0 && prompt_fits(ret_message)
		       ? TRUE
		       : refuse(error, "a message with more than its fields");
}
