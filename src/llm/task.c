/*
 * Rows are read and checked once, so that a faulty prompt stops the start and not an answer. A call is
 * then: sources, request, stream through the gate, result.
 */
#include "llm/task.h"

#include <string.h>

#include "base/asset.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/id.h"
#include "text/normalise.h"

#define FOLDER "prompts/"

enum {
	N_LANGUAGES = 2,
	MARK_BYTES = 4,
	N_STOP_MARKS = 2,
	HISTORY_MAX = 12, /* the last messages */
	MESSAGE_MAX_CHARS = 500,
	QUESTION_MAX_CHARS = 500,
	SOURCE_MAX_CHARS = 20000, /* longer than an article's passage or a message is */
	FIXED_MAX_BYTES = 16 << 10,
};

static const char *const languages[N_LANGUAGES] = {"zh", "en"};

typedef enum {
	SOURCE_PASSAGES = 1,
	SOURCE_HISTORY = 2,
	SOURCE_QUESTION = 4,
	SOURCE_REPLIES =
		8, /* of the history what the customer did not say; that counts as the question */
} TaskSource;
typedef enum { FALLBACK_NONE, FALLBACK_PASSAGE, FALLBACK_QUESTION } TaskFallback;

typedef struct {
	char *fixed, *frame; /* frame: with {mark}, {passages}, {history}, {question} */
	char sha256[65];
} Variant;

typedef struct {
	char *name, *grammar;
	GStrv stop;
	gint64 version, max_tokens, deadline_ms, input_max_chars, text_max_chars;
	double temperature;
	guint sources;
	TaskFallback fallback;
	gboolean one_line; /* a line end ends it */
	gboolean close;	   /* in the words of its sources */
	Variant variants[N_LANGUAGES];
} Task;

struct Tasks {
	GPtrArray *rows;
	TaskAudit audit; /* of all calls; NULL: none */
	gpointer audit_data;
};

static const char *const outcome_names[] = {"done", "refused",	 "no_model",
					    "late", "cancelled", "no_task"};

const char *task_outcome_name(TaskOutcome outcome)
{
	return outcome_names[outcome];
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void task_free(gpointer data)
{
	Task *task = data;

	g_free(task->name);
	g_free(task->grammar);
	g_strfreev(task->stop);
	for (guint i = 0; i < N_LANGUAGES; i++) {
		g_free(task->variants[i].fixed);
		g_free(task->variants[i].frame);
	}
	g_free(task);
}

void tasks_free(Tasks *tasks)
{
	if (!tasks)
		return;
	g_ptr_array_unref(tasks->rows);
	g_free(tasks);
}

static gboolean fail(GError **error, const char *task, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, FOLDER "%s: %s", task, what);
	return FALSE;
}

/* A file of the task as text, NULL when there is none or it is no text. */
static char *read_file(const char *task, const char *file)
{
	g_autofree char *name = g_strconcat(FOLDER, task, "/", file, NULL);
	const Asset *asset = asset_find(name);

	if (!asset || asset->n_bytes > FIXED_MAX_BYTES ||
	    !g_utf8_validate_len((const char *)asset->data, asset->n_bytes, NULL))
		return NULL;
	return g_strndup((const char *)asset->data, asset->n_bytes);
}

typedef struct {
	const char *name;
	gsize offset;
	gint64 min, max;
} NumberMember;

static gboolean read_numbers(Task *task, const json_t *row, GError **error)
{
	static const NumberMember members[] = {
		{"version", G_STRUCT_OFFSET(Task, version), 1, 10000},
		{"max_tokens", G_STRUCT_OFFSET(Task, max_tokens), 1, 4096},
		{"deadline_ms", G_STRUCT_OFFSET(Task, deadline_ms), 100, 120000},
		{"input_max_chars", G_STRUCT_OFFSET(Task, input_max_chars), 100, 16000},
		{"text_max_chars", G_STRUCT_OFFSET(Task, text_max_chars), 10, CHECK_MAX_CHARS}};
	const json_t *temperature = json_object_get(row, "temperature");

	for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
		const json_t *value = json_object_get(row, members[i].name);
		gint64 number = json_is_integer(value) ? json_integer_value(value) : -1;

		if (number < members[i].min || number > members[i].max)
			return fail(error, task->name, members[i].name);
		*(gint64 *)(gpointer)((char *)task + members[i].offset) = number;
	}
	task->temperature = json_number_value(temperature);
	return (json_is_number(temperature) && task->temperature >= 0 && task->temperature <= 2) ||
	       fail(error, task->name, "temperature");
}

static gboolean read_stop(Task *task, const json_t *row, GError **error)
{
	const json_t *list = json_object_get(row, "stop");
	gsize n = json_array_size(list);

	task->stop = g_new0(char *, LLM_STOP_MAX + 1);
	if (!json_is_array(list) || n > LLM_STOP_MAX - N_STOP_MARKS)
		return fail(error, task->name, "stop");
	for (gsize i = 0; i < n; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text || !*text)
			return fail(error, task->name, "stop");
		task->stop[i] = g_strdup(text);
	}
	return TRUE;
}

static gboolean read_words(Task *task, const json_t *row, GError **error)
{
	static const char *const sources[] = {"passages", "history", "question", "replies", NULL};
	static const char *const fallbacks[] = {"none", "passage", "question", NULL};
	const json_t *list = json_object_get(row, "sources");
	const char *fallback = json_member_string(row, "fallback");

	for (gsize i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		guint bit = 0;

		while (sources[bit] && g_strcmp0(sources[bit], text) != 0)
			bit++;
		if (!sources[bit])
			return fail(error, task->name, "sources");
		task->sources |= 1u << bit;
	}
	for (guint i = 0; fallbacks[i]; i++)
		if (g_strcmp0(fallbacks[i], fallback) == 0)
			task->fallback = (TaskFallback)i;
	task->one_line = json_is_true(json_object_get(row, "one_line"));
	task->close = json_is_true(json_object_get(row, "close"));
	return (task->sources && fallback) || fail(error, task->name, "sources, fallback");
}

static void hash_variant(Variant *variant, const char *grammar)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	const char *const parts[] = {variant->fixed, variant->frame, grammar ? grammar : ""};

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
		g_checksum_update(sum, (const guchar *)parts[i], (gssize)strlen(parts[i]) + 1);
	g_strlcpy(variant->sha256, g_checksum_get_string(sum), sizeof variant->sha256);
}

static gboolean read_variants(Task *task, GError **error)
{
	for (guint i = 0; i < N_LANGUAGES; i++) {
		g_autofree char *fixed = g_strconcat(languages[i], ".txt", NULL);
		g_autofree char *frame = g_strconcat(languages[i], ".input", NULL);
		Variant *variant = &task->variants[i];

		variant->fixed = read_file(task->name, fixed);
		variant->frame = read_file(task->name, frame);
		if (!variant->fixed || !variant->frame || !strstr(variant->frame, "{mark}"))
			return fail(error, task->name, frame);
		g_strchomp(variant->frame);
		hash_variant(variant, task->grammar);
	}
	return TRUE;
}

static Task *task_load(const char *name, GError **error)
{
	Task *task = g_new0(Task, 1);
	g_autofree char *text = read_file(name, "task.json");
	g_autoptr(json_t) row = text ? json_parse(text, strlen(text), error) : NULL;

	task->name = g_strdup(name);
	task->grammar = read_file(name, "grammar.gbnf");
	if (row && read_numbers(task, row, error) && read_stop(task, row, error) &&
	    read_words(task, row, error) && read_variants(task, error))
		return task;
	if (text && !row)
		g_prefix_error(error, FOLDER "%s/task.json: ", name);
	else if (!text)
		fail(error, name, "task.json");
	task_free(task);
	return NULL;
}

static void collect(const Asset *asset, gpointer data)
{
	const char *name = asset->name + strlen(FOLDER), *slash = strchr(name, '/');

	if (slash && g_str_equal(slash, "/task.json"))
		g_ptr_array_add(data, g_strndup(name, (gsize)(slash - name)));
}

Tasks *tasks_load(GError **error)
{
	g_autoptr(Tasks) tasks = g_new0(Tasks, 1);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	tasks->rows = g_ptr_array_new_with_free_func(task_free);
	asset_each(FOLDER, collect, names);
	for (guint i = 0; i < names->len; i++) {
		Task *task = task_load(g_ptr_array_index(names, i), error);

		if (!task)
			return NULL;
		g_ptr_array_add(tasks->rows, task);
	}
	if (!names->len) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "this program holds no prompts");
		return NULL;
	}
	return g_steal_pointer(&tasks);
}

void tasks_set_audit(Tasks *tasks, TaskAudit audit, gpointer data)
{
	tasks->audit = audit;
	tasks->audit_data = data;
}

static const Task *task_find(const Tasks *tasks, const char *name)
{
	for (guint i = 0; i < tasks->rows->len; i++) {
		const Task *task = g_ptr_array_index(tasks->rows, i);

		if (g_str_equal(task->name, name))
			return task;
	}
	return NULL;
}

/* ---- untrusted text -------------------------------------------------------------------------- */

/* Words that chat models and our own frames take for orders of the program. */
static const char *const steering[] = {
	"[INST]",	 "[/INST]",   "<<SYS>>",   "<</SYS>>",	  "<s>",
	"</s>",		 "<bos>",     "<eos>",	   "<pad>",	  "<start_of_turn>",
	"<end_of_turn>", "<think>",   "</think>",  "<tool_call>", "</tool_call>",
	"###",		 "〔",	      "〕",	   "<unused",	  "{mark}",
	"{passages}",	 "{history}", "{question}"};

/* Bytes of a steering word at text: one of the list, or <|...|>. */
static gsize steering_bytes(const char *text)
{
	const char *end;

	for (guint i = 0; i < G_N_ELEMENTS(steering); i++)
		if (g_ascii_strncasecmp(text, steering[i], strlen(steering[i])) == 0)
			return strlen(steering[i]);
	if (!g_str_has_prefix(text, "<|"))
		return 0;
	end = g_strstr_len(text, 64, "|>");
	return end ? (gsize)(end + 2 - text) : 2;
}

static gboolean is_visible(gunichar c)
{
	return c == '\n' || c == '\t' ||
	       (!g_unichar_iscntrl(c) && g_unichar_type(c) != G_UNICODE_FORMAT &&
		g_unichar_type(c) != G_UNICODE_PRIVATE_USE &&
		g_unichar_type(c) != G_UNICODE_UNASSIGNED);
}

static void append_disarmed(GString *out, const char *clean)
{
	for (const char *at = clean; *at;) {
		gsize n = steering_bytes(at);
		gunichar c = g_utf8_get_char(at);
		gboolean space = n || g_unichar_isspace(c);

		if (!n)
			n = g_utf8_skip[(guchar)*at];
		if (space && (!out->len || out->str[out->len - 1] != ' '))
			g_string_append_c(out, ' ');
		else if (!space)
			g_string_append_unichar(out, c);
		at += n;
	}
}

char *task_disarm(const char *text, gsize max_chars)
{
	g_autofree char *clean = text_clean(text, (gssize)text_prefix(text, -1, max_chars * 2));
	g_autoptr(GString) seen = g_string_new(NULL);
	GString *out = g_string_new(NULL);

	for (const char *at = clean; *at; at += g_utf8_skip[(guchar)*at])
		if (is_visible(g_utf8_get_char(at)))
			g_string_append_unichar(seen, g_utf8_get_char(at));
	/* what taking a word out puts together is looked at again */
	for (guint i = 0; i < 3; i++) {
		g_string_truncate(out, 0);
		append_disarmed(out, seen->str);
		g_string_assign(seen, out->str);
	}
	g_string_truncate(out, text_prefix(out->str, (gssize)out->len, max_chars));
	g_strstrip(out->str);
	return g_string_free(out, FALSE);
}

/* ---- the request ----------------------------------------------------------------------------- */

typedef struct {
	char mark[2 * MARK_BYTES + 1];
	char *passages, *history, *question;
	char *asked;	    /* what the customer wrote, for the check; or NULL */
	GPtrArray *sources; /* what the text may rest on, NULL-terminated */
	GPtrArray *secrets;
	char *stop_marks[N_STOP_MARKS];	    /* the mark with what opens it */
	const char *stop[LLM_STOP_MAX + 1]; /* the row's and those; borrowed */
	char *input;
} Material;

static void material_clear(Material *m)
{
	g_free(m->passages);
	g_free(m->history);
	g_free(m->question);
	g_free(m->asked);
	g_free(m->stop_marks[0]);
	g_free(m->stop_marks[1]);
	g_free(m->input);
	g_clear_pointer(&m->sources, g_ptr_array_unref);
	g_clear_pointer(&m->secrets, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Material, material_clear)

static void make_mark(char mark[2 * MARK_BYTES + 1])
{
	guint8 bytes[MARK_BYTES];

	random_bytes(bytes, sizeof bytes);
	for (guint i = 0; i < MARK_BYTES; i++)
		g_snprintf(mark + 2 * i, 3, "%02x", bytes[i]);
}

/* Of the messages that a call is given. */
static guint history_first(const GPtrArray *history)
{
	guint n = history ? history->len / 2 : 0;

	return n > HISTORY_MAX ? n - HISTORY_MAX : 0;
}

static gboolean is_customers(const GPtrArray *history, guint i)
{
	return g_strcmp0(g_ptr_array_index(history, 2 * i), "customer") == 0;
}

static void add_source(GPtrArray *sources, const char *text)
{
	g_ptr_array_add(sources, g_strndup(text, text_prefix(text, -1, SOURCE_MAX_CHARS)));
}

/* The last messages, one a line, under what each role is called. */
static char *history_text(const GPtrArray *history, const char *language, gsize max_chars)
{
	gboolean zh = g_str_equal(language, "zh");
	GString *out = g_string_new(NULL);
	guint n = history ? history->len / 2 : 0, first = history_first(history);

	for (guint i = first; i < n; i++) {
		gboolean customer = is_customers(history, i);
		g_autofree char *text =
			task_disarm(g_ptr_array_index(history, 2 * i + 1),
				    MIN(MESSAGE_MAX_CHARS, max_chars / (n - first)));

		g_string_append_printf(out, "%s%s%s%s", out->len ? "\n" : "",
				       zh ? (customer ? "顾客" : "客服")
					  : (customer ? "Customer" : "Agent"),
				       zh ? "：" : ": ", text);
	}
	return g_string_free(out, FALSE);
}

static char *passages_text(const char *const *passages, gsize max_chars)
{
	GString *out = g_string_new(NULL);

	for (; passages && *passages && max_chars > 0; passages++) {
		g_autofree char *text = task_disarm(*passages, max_chars);
		gsize n = (gsize)g_utf8_strlen(text, -1) + 1;

		g_string_append_printf(out, "%s%s", out->len ? " " : "", text);
		max_chars -= MIN(n, max_chars);
	}
	return g_string_free(out, FALSE);
}

/* A text about a conversation calls the speakers so. */
static const char *role_names(const char *language)
{
	return g_str_equal(language, "zh") ? "顾客，客服" : "Customer, agent";
}

static void add_sources(const Task *task, const TaskCall *call, GPtrArray *sources)
{
	guint mine = task->sources & (SOURCE_HISTORY | SOURCE_REPLIES);

	for (const char *const *p = call->passages; p && *p && (task->sources & SOURCE_PASSAGES);
	     p++)
		add_source(sources, *p);
	for (guint i = history_first(call->history); call->history && i < call->history->len / 2;
	     i++)
		if (mine & (is_customers(call->history, i) ? SOURCE_HISTORY
							   : SOURCE_HISTORY | SOURCE_REPLIES))
			add_source(sources, g_ptr_array_index(call->history, 2 * i + 1));
	if (call->question && (task->sources & SOURCE_QUESTION))
		add_source(sources, call->question);
	if (task->sources & SOURCE_HISTORY)
		add_source(sources, role_names(call->language));
	g_ptr_array_add(sources, NULL);
}

/* What the text may name besides what its sources do: the question, and where the customer's words are no
 * source the conversation. */
static char *asked_text(const Task *task, const TaskCall *call, const char *history)
{
	gboolean talks = task->sources & SOURCE_REPLIES;

	return g_strconcat(call->question ? call->question : "", talks ? "\n" : NULL, history,
			   NULL);
}

/* Fills the frame; a text that holds "{question}" has lost it in task_disarm. */
static char *fill_frame(const char *frame, const Material *m)
{
	const struct {
		const char *name, *text;
	} parts[] = {{"{mark}", m->mark},
		     {"{passages}", m->passages},
		     {"{history}", m->history},
		     {"{question}", m->question}};
	GString *out = g_string_new(frame);

	for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
		g_string_replace(out, parts[i].name, parts[i].text, 0);
	return g_string_free(out, FALSE);
}

/* A small model likes to close its answer with the mark: there it ends. */
static void add_stops(Material *m, const Task *task)
{
	guint n = 0;

	m->stop_marks[0] = g_strconcat("〔", m->mark, NULL);
	m->stop_marks[1] = g_strconcat("[", m->mark, NULL);
	for (; task->stop[n]; n++)
		m->stop[n] = task->stop[n];
	m->stop[n++] = m->stop_marks[0];
	m->stop[n++] = m->stop_marks[1];
}

static void material_make(Material *m, const Task *task, const Variant *variant,
			  const TaskCall *call)
{
	gsize most = (gsize)task->input_max_chars;

	make_mark(m->mark);
	add_stops(m, task);
	m->question = task_disarm(call->question ? call->question : "",
				  MIN(QUESTION_MAX_CHARS, most / 2));
	m->history = history_text(call->history, call->language, most / 2);
	most -= MIN(most, (gsize)(g_utf8_strlen(m->question, -1) + g_utf8_strlen(m->history, -1)));
	m->passages = passages_text(call->passages, most);
	m->asked = asked_text(task, call, m->history);
	m->sources = g_ptr_array_new_with_free_func(g_free);
	add_sources(task, call, m->sources);
	m->secrets = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(m->secrets, g_strdup(m->mark));
	for (const char *const *secret = call->secrets; secret && *secret; secret++)
		g_ptr_array_add(m->secrets, g_strdup(*secret));
	g_ptr_array_add(m->secrets, NULL);
	m->input = fill_frame(variant->frame, m);
}

/* ---- the stream ------------------------------------------------------------------------------ */

typedef struct {
	const Task *task;
	Check *check;
	LlmPiece piece;
	gpointer data;
	GString *text;	   /* what passed */
	gsize n_given;	   /* of it, to the piece function */
	gboolean started;  /* the first visible character has come */
	gboolean finished; /* a row of one line has its line */
	gboolean cancelled;
} Stream;

static gboolean stream_give(Stream *stream)
{
	gsize n = stream->text->len - stream->n_given;

	if (stream->piece && n &&
	    !stream->piece(stream->text->str + stream->n_given, n, stream->data)) {
		stream->cancelled = TRUE;
		return FALSE;
	}
	stream->n_given = stream->text->len;
	return TRUE;
}

static gboolean stream_piece(const char *piece, gsize n, gpointer data)
{
	Stream *stream = data;

	for (; n && !stream->started && g_ascii_isspace(*piece); piece++)
		n--;
	stream->started = stream->started || n;
	if (stream->task->one_line && n) {
		const char *end = memchr(piece, '\n', n);

		stream->finished = end != NULL;
		n = end ? (gsize)(end - piece) : n;
	}
	return check_feed(stream->check, piece, n, stream->text) && stream_give(stream) &&
	       !stream->finished;
}

/* ---- the result ------------------------------------------------------------------------------ */

void task_result_clear(TaskResult *result)
{
	g_free(result->detail);
	g_free(result->trouble);
	g_free(result->text);
	g_free(result->shown);
	*result = (TaskResult){0};
}

static char *fallback_text(const Task *task, const TaskCall *call)
{
	switch (task->fallback) {
	case FALLBACK_PASSAGE:
		return call->passages ? g_strdup(call->passages[0]) : NULL;
	case FALLBACK_QUESTION:
		return g_strdup(call->question);
	case FALLBACK_NONE:
		break;
	}
	return NULL;
}

/* How a call ended that the provider took to its end, or not (failed). */
static TaskOutcome judge(Stream *stream, gboolean failed, const LlmUsage *usage)
{
	gboolean complete = stream->finished || usage->end == LLM_END_STOP;

	if (stream->cancelled)
		return TASK_CANCELLED;
	if (check_fault(stream->check) != CHECK_OK)
		return TASK_REFUSED;
	if (failed)
		return TASK_NO_MODEL;
	if (!complete && usage->end == LLM_END_CANCELLED)
		return TASK_CANCELLED;
	if (!check_end(stream->check, complete, stream->text))
		return usage->end == LLM_END_DEADLINE ? TASK_LATE : TASK_REFUSED;
	return stream_give(stream) ? TASK_DONE : TASK_CANCELLED;
}

/* What a text gave away is not given away again; of tasks whose text nobody was to read, nothing is. */
static gboolean may_be_seen(const char *task, CheckFault fault)
{
	return g_str_equal(task, "answer") && fault != CHECK_PROMPT && fault != CHECK_SECRET &&
	       fault != CHECK_CONTROL && fault != CHECK_ENCODING;
}

static void audit_call(const Tasks *tasks, Llm *llm, const Variant *variant, const TaskCall *call,
		       const TaskResult *result, TaskAudit audit, gpointer data)
{
	g_auto(LlmInfo) info = {0};
	TaskRecord record = {.id = result->call_id,
			     .org_id = call->org_id,
			     .session = call->session,
			     .task = result->task,
			     .language = call->language,
			     .outcome = task_outcome_name(result->outcome),
			     .fault = check_fault_name(result->fault),
			     .detail = may_be_seen(result->task, result->fault) ? result->detail
										: NULL,
			     .version = result->version,
			     .prompt_sha256 = variant->sha256,
			     .n_prompt = result->usage.n_prompt,
			     .n_cached = result->usage.n_cached,
			     .n_generated = result->usage.n_generated,
			     .queue_ms = result->usage.queue_ms,
			     .first_ms = result->usage.first_ms,
			     .total_ms = result->usage.total_ms};

	if (!audit && !tasks->audit)
		return;
	llm_info(llm, &info);
	record.provider = info.provider;
	record.model = info.model;
	record.model_sha256 = info.sha256;
	if (audit)
		audit(&record, data);
	if (tasks->audit)
		tasks->audit(&record, tasks->audit_data);
}

static const Variant *variant_find(const Task *task, const char *language)
{
	for (guint i = 0; i < N_LANGUAGES; i++)
		if (g_strcmp0(language, languages[i]) == 0)
			return &task->variants[i];
	return NULL;
}

static void run_variant(const Task *task, const Variant *variant, Llm *llm, const TaskCall *call,
			Stream *stream, TaskResult *ret_result)
{
	g_auto(Material) material = {0};
	g_autoptr(GError) error = NULL;
	gint64 deadline = clock_monotonic_us() + task->deadline_ms * 1000;
	LlmRequest request = {.fixed = variant->fixed,
			      .grammar = call->grammar ? call->grammar : task->grammar,
			      .max_tokens = (guint)task->max_tokens,
			      .temperature = task->temperature,
			      .seed = 1,
			      .deadline_us = deadline,
			      .session = call->session,
			      .conversation = call->conversation,
			      .names = call->names,
			      .wanted = call->wanted,
			      .wanted_data = call->wanted_data};
	CheckSources sources = {.language = call->language,
				.fixed = variant->fixed,
				.max_chars = (guint)task->text_max_chars,
				.loose = !task->close};
	gboolean ok;

	material_make(&material, task, variant, call);
	request.input = material.input;
	request.stop = material.stop;
	if (call->deadline_us)
		request.deadline_us = MIN(deadline, call->deadline_us);
	sources.question = *material.asked ? material.asked : NULL;
	sources.passages = (const char *const *)material.sources->pdata;
	sources.secrets = (const char *const *)material.secrets->pdata;
	stream->check = check_new(&sources);
	ok = llm_generate(llm, &request, stream_piece, stream, &ret_result->usage, &error);
	ret_result->outcome = judge(stream, !ok, &ret_result->usage);
	ret_result->fault = check_fault(stream->check);
	ret_result->detail = g_strdup(check_detail(stream->check));
	if (ret_result->outcome == TASK_NO_MODEL)
		ret_result->trouble = g_strdup(error->message);
	check_free(stream->check);
}

void task_run(const Tasks *tasks, Llm *llm, const TaskCall *call, LlmPiece piece, TaskAudit audit,
	      gpointer data, TaskResult *ret_result)
{
	const Task *task = task_find(tasks, call->task);
	const Variant *variant = task ? variant_find(task, call->language) : NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	Stream stream = {.task = task, .piece = piece, .data = data, .text = text};

	*ret_result = (TaskResult){.outcome = TASK_NO_TASK};
	if (!variant) {
		ret_result->shown = g_strdup("");
		return;
	}
	ret_result->task = task->name;
	ret_result->version = (guint)task->version;
	id_new(ret_result->call_id);
	run_variant(task, variant, llm, call, &stream, ret_result);
	ret_result->shown = g_strndup(text->str, piece ? stream.n_given : 0);
	ret_result->generated = ret_result->outcome == TASK_DONE;
	ret_result->text =
		ret_result->generated ? g_strstrip(g_strdup(text->str)) : fallback_text(task, call);
	audit_call(tasks, llm, variant, call, ret_result, audit, data);
}
