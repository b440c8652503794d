/* What is read in customers' messages, for staff: mood and intent, and what they state. */
#include "api/api.h"
#include "base/error.h"
#include "crm/facts.h"
#include "crm/judgements.h"
#include "crm/judging.h"

static gboolean call_may_see(ApiCall *call, AccessAction right, GError **error)
{
	return access_conversation(call->db, &call->principal, call_id(call), right, error);
}

static gboolean judgements_get(ApiCall *call, GError **error)
{
	return call_may_see(call, ACCESS_READ, error) &&
	       judgements_write(call->db, call->principal.org_id, call_id(call), call->out, error);
}

/* Without a judge there are no aspects, as there are no moods. */
static gboolean facts_get(ApiCall *call, GError **error)
{
	Judging *judging = call->api->judging;
	const char *org_id = call->principal.org_id;
	gboolean good;

	if (!call_may_see(call, ACCESS_READ, error))
		return FALSE;
	good = facts_write(call->db, judging ? judging_borrow(judging, org_id) : NULL, org_id,
			   call_id(call), call->out, error);
	if (judging)
		judging_give_back(judging);
	return good;
}

static gboolean contact_judgements_get(ApiCall *call, GError **error)
{
	return judgements_write_moods(call->db, &call->principal, call_id(call), call->out, error);
}

static gboolean judgement_put(ApiCall *call, GError **error)
{
	const char *mood, *intent;
	const Judge *judge;
	gboolean good = FALSE;

	if (!call_may_see(call, ACCESS_UPDATE, error) || !call_string(call, "mood", &mood, error) ||
	    !call_string(call, "intent", &intent, error))
		return FALSE;
	if (!call->api->judging) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
				    "messages are not judged here: the setting judge is off");
		return FALSE;
	}
	judge = judging_borrow(call->api->judging, call->principal.org_id);
	if (judge)
		good = judgement_correct(call->db, &call->principal, judge, call_id(call),
					 route_match_value(&call->match, "message_id"), mood,
					 intent, call->out, error);
	else
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
				    "the judge of messages is being made; try again in a second");
	judging_give_back(call->api->judging);
	return good;
}

/* While the first judge is being made there are none. */
static gboolean words_get(ApiCall *call, GError **error)
{
	Judging *judging = call->api->judging;
	const Judge *judge = judging ? judging_borrow(judging, call->principal.org_id) : NULL;
	const GPtrArray *intents = judge ? judge_intents(judge) : NULL;
	JsonWriter w = json_writer(call->out);

	(void)error;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "intents");
	for (guint i = 0; intents && i < intents->len; i++)
		json_put_string(&w, NULL, intents->pdata[i]);
	json_array_end(&w);
	json_object_end(&w);
	if (judging)
		judging_give_back(judging);
	return TRUE;
}

/* It is learnt when it is stored. */
static void judgement_notify(ApiCall *call)
{
	if (!call->failure && !call->replayed && call->api->judging)
		judging_learn(call->api->judging, call->principal.org_id);
	call_answer(call);
}

static gboolean time_argument(const ApiCall *call, const char *name, gint64 *ret_ms, GError **error)
{
	const char *text = http_query(call->exchange, name);
	g_autoptr(GDateTime) time = text ? g_date_time_new_from_iso8601(text, NULL) : NULL;

	*ret_ms = time ? g_date_time_to_unix(time) * 1000 : 0;
	if (!text || time)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s must be a time like 2026-11-25T08:00:00Z", name);
	return FALSE;
}

static gboolean summary_get(ApiCall *call, GError **error)
{
	gint64 from, to;

	return time_argument(call, "from", &from, error) && time_argument(call, "to", &to, error) &&
	       judgements_write_summary(call->db, call->principal.org_id, from, to, call->out,
					error);
}

const HttpRoute judgement_routes[] = {
	{"GET", "/api/v1/conversations/{id}/judgements", "conversation_judgements",
	 "Mood, intent and urgency of the customer's messages", "conversations:read", API_READ, 0,
	 NULL, "JudgementList", 200, NULL, judgements_get, NULL},
	{"GET", "/api/v1/conversations/{id}/facts", "conversation_facts",
	 "What the customer stated: dates, amounts, numbers, and what is asked for",
	 "conversations:read", API_READ, 0, NULL, "Facts", 200, NULL, facts_get, NULL},
	{"GET", "/api/v1/contacts/{id}/judgements", "contact_judgements",
	 "The newest of a contact's messages: mood over time, oldest first", "conversations:read",
	 API_READ, 0, NULL, "JudgementList", 200, NULL, contact_judgements_get, NULL},
	{"PUT", "/api/v1/conversations/{id}/messages/{message_id}/judgement",
	 "message_judgement_correct",
	 "Say what a message really is: learnt at once; null for both takes it back",
	 "conversations:write", API_WRITE, 4096, "Correction", "Judgement", 200, NULL,
	 judgement_put, judgement_notify},
	{"GET", "/api/v1/judgements/words", "judgement_words",
	 "The intents that messages are told apart by now", "conversations:read", API_READ, 0, NULL,
	 "JudgementWords", 200, NULL, words_get, NULL},
	{"GET", "/api/v1/judgements/summary", "judgement_summary",
	 "How many messages of each mood and intent, and how often people agreed",
	 "conversations:read", API_READ, 0, NULL, "JudgementSummary", 200, "from:string,to:string",
	 summary_get, NULL},
};
const gsize n_judgement_routes = G_N_ELEMENTS(judgement_routes);
