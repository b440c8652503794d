/* Written schemas for what is not a declared object; objects bring their own. Lists are made from
 * one pattern. */
#include "api/schemas.h"

#include "api/records.h"
#include "crm/objects.h"

#define STRING "{\"type\":\"string\"}"
#define MAYBE_INTEGER "{\"type\":[\"integer\",\"null\"]}"
#define MAYBE "{\"type\":[\"string\",\"null\"]}"
#define BOOLEAN "{\"type\":\"boolean\"}"
#define STRINGS "{\"type\":\"array\",\"items\":" STRING "}"
#define MARKS "{\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}}"
#define TIME "{\"type\":\"string\",\"format\":\"date-time\"}"
#define MAYBE_TIME "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}"
#define ID "{\"type\":\"string\",\"format\":\"uuid\"}"
#define MAYBE_ID "{\"type\":[\"string\",\"null\"],\"format\":\"uuid\"}"
#define OBJECT(properties) "{\"type\":\"object\",\"properties\":{" properties "}}"
#define OBJECT_REQUIRING(required, properties) \
	"{\"type\":\"object\",\"required\":[" required "],\"properties\":{" properties "}}"
#define REF(name) "{\"$ref\":\"#/components/schemas/" name "\"}"
#define LIST_OF(name) "{\"type\":\"array\",\"items\":" REF(name) "}"
#define PAGE_OF(name)                                     \
	OBJECT_REQUIRING("\"items\",\"next_page_token\"", \
			 "\"items\":" LIST_OF(name) ",\"next_page_token\":" MAYBE)

#define STATE "{\"type\":\"string\",\"enum\":[\"open\",\"pending\",\"handed_over\",\"resolved\"]}"
#define OWNER "{\"type\":\"string\",\"enum\":[\"bot\",\"queue\",\"person\"]}"
#define LANGUAGE "{\"type\":\"string\",\"enum\":[\"zh\",\"en\"]}"
#define ROLE "{\"type\":\"string\",\"enum\":[\"customer\",\"agent\",\"bot\",\"system\"]}"
#define INTEGER "{\"type\":\"integer\"}"
#define NUMBER "{\"type\":\"number\"}"
#define BOOLEAN "{\"type\":\"boolean\"}"
#define ANY "{\"type\":\"object\"}"
#define ROLE_AND_LANGUAGE "\"role\":" STRING ",\"language\":" LANGUAGE
#define ACTION "{\"type\":\"string\",\"enum\":[\"answer\",\"clarify\",\"handover\"]}"
#define TOKENS                                                                \
	OBJECT("\"prompt_tokens\":" INTEGER ",\"completion_tokens\":" INTEGER \
	       ",\"total_tokens\":" INTEGER                                   \
	       ",\"prompt_tokens_details\":" OBJECT("\"cached_tokens\":" INTEGER))
#define MOODS "\"positive\",\"neutral\",\"negative\""
#define MOOD "{\"type\":\"string\",\"enum\":[" MOODS "]}"
#define MAYBE_MOOD "{\"type\":[\"string\",\"null\"],\"enum\":[" MOODS ",null]}"
#define JUDGE_TASK "{\"type\":\"string\",\"enum\":[\"sentiment\",\"intent\"]}"
#define NUMBERS "{\"type\":\"array\",\"items\":" NUMBER "}"
#define COUNTS "{\"type\":\"object\",\"additionalProperties\":" INTEGER "}"
#define CHANGE "{\"type\":\"string\",\"enum\":[\"up\",\"down\",\"none\"]}"
#define VOICE_COUNTS                                                                               \
	"\"n\":" INTEGER ",\"share\":" NUMBER ",\"n_before\":" INTEGER ",\"share_before\":" NUMBER \
	",\"p\":" NUMBER ",\"change\":" CHANGE
#define VOICE_NEGATIVE                                                                    \
	"\"negative\":" INTEGER ",\"negative_before\":" INTEGER ",\"negative_p\":" NUMBER \
	",\"negative_change\":" CHANGE
#define RATING "{\"type\":[\"string\",\"null\"],\"enum\":[\"up\",\"down\",null]}"
#define PATHS "\"curated\",\"extract\",\"generated\",\"template\""
#define PATH "{\"type\":[\"string\",\"null\"],\"enum\":[" PATHS ",null]}"

#define CONVERSATION_PROPERTIES                                                                   \
	"\"id\":" ID ",\"state\":" STATE ",\"owner\":" OWNER ",\"owner_id\":" MAYBE_ID            \
	",\"owner_name\":" MAYBE ",\"contact_id\":" MAYBE_ID ",\"contact_name\":" MAYBE           \
	",\"channel\":" STRING ",\"language\":" LANGUAGE ",\"handover_reason\":" MAYBE            \
	",\"handover_summary\":" MAYBE                                                            \
	",\"handover_generated\":{\"type\":[\"boolean\",\"null\"]},\"waiting_since\":" MAYBE_TIME \
	",\"last_message\":{\"type\":[\"object\",\"null\"],\"properties\":{\"role\":" ROLE        \
	",\"text\":" STRING ",\"at\":" TIME                                                       \
	"}},\"n_messages\":{\"type\":\"integer\"},\"page_url\":" MAYBE ",\"created_at\":" TIME    \
	",\"updated_at\":" TIME

static const HttpSchema written[] = {
	{"Login",
	 OBJECT_REQUIRING("\"email\",\"password\"",
			  "\"email\":" STRING ",\"password\":" STRING ",\"code\":" STRING)},
	{"User", OBJECT("\"id\":" ID ",\"name\":" STRING ",\"email\":" STRING ",\"role\":" STRING
			",\"language\":" LANGUAGE ",\"active\":" BOOLEAN
			",\"state\":{\"type\":\"string\",\"enum\":[\"active\",\"invited\","
			"\"deactivated\"]},\"totp\":" BOOLEAN)},
	{"NewUser", OBJECT_REQUIRING("\"name\",\"email\"", "\"name\":" STRING ",\"email\":" STRING
							   "," ROLE_AND_LANGUAGE)},
	{"UserChange", OBJECT("\"name\":" STRING "," ROLE_AND_LANGUAGE)},
	{"UserLink",
	 OBJECT_REQUIRING("\"user\",\"token\",\"link\",\"expires_in_days\"",
			  "\"user\":" REF("User") ",\"token\":" STRING ",\"link\":" STRING
						  ",\"expires_in_days\":" INTEGER)},
	{"Deactivation", OBJECT("\"hand_over_to\":" MAYBE_ID)},
	{"Deactivated", OBJECT_REQUIRING("\"user\",\"handed_over\"",
					 "\"user\":" REF("User") ",\"handed_over\":" INTEGER)},
	{"UserReset", OBJECT("\"totp\":" BOOLEAN)},
	{"LinkToken", OBJECT_REQUIRING("\"token\"", "\"token\":" STRING)},
	{"LinkOwner", OBJECT("\"name\":" STRING ",\"email\":" STRING ",\"language\":" LANGUAGE
			     ",\"organisation\":" STRING ",\"expires_at\":" TIME)},
	{"LinkPassword",
	 OBJECT_REQUIRING("\"token\",\"password\"", "\"token\":" STRING ",\"password\":" STRING)},
	{"PasswordChange",
	 OBJECT_REQUIRING("\"current\",\"new\"", "\"current\":" STRING ",\"new\":" STRING)},
	{"OwnPassword", OBJECT_REQUIRING("\"password\"", "\"password\":" STRING)},
	{"TotpSecret",
	 OBJECT_REQUIRING("\"secret\",\"url\"", "\"secret\":" STRING ",\"url\":" STRING)},
	{"TotpCode", OBJECT_REQUIRING("\"code\"", "\"code\":" STRING)},
	{"RecoveryCodes", OBJECT_REQUIRING("\"recovery_codes\"", "\"recovery_codes\":" STRINGS)},
	{"LoginSession", OBJECT("\"id\":" ID ",\"created_at\":" TIME ",\"seen_at\":" TIME
				",\"address\":" MAYBE ",\"agent\":" MAYBE ",\"current\":" BOOLEAN)},
	{"SessionList", OBJECT_REQUIRING("\"items\"", "\"items\":" LIST_OF("LoginSession"))},
	{"Role", OBJECT("\"name\":" STRING ",\"label_zh\":" STRING ",\"label_en\":" STRING
			",\"builtin\":" BOOLEAN ",\"changed\":" BOOLEAN ",\"rights\":" ANY)},
	{"NewRole", OBJECT_REQUIRING("\"name\"", "\"name\":" STRING ",\"label_zh\":" STRING
						 ",\"label_en\":" STRING ",\"rights\":" ANY)},
	{"RoleChange", OBJECT("\"label_zh\":" STRING ",\"label_en\":" STRING ",\"rights\":" ANY)},
	{"RoleList", OBJECT_REQUIRING("\"items\"", "\"items\":" LIST_OF("Role"))},
	{"Team", OBJECT("\"id\":" ID ",\"name\":" STRING ",\"members\":" STRINGS)},
	{"NewTeam", OBJECT_REQUIRING("\"name\"", "\"name\":" STRING ",\"members\":" STRINGS)},
	{"TeamChange", OBJECT("\"name\":" STRING ",\"members\":" STRINGS)},
	{"TeamList", OBJECT_REQUIRING("\"items\"", "\"items\":" LIST_OF("Team"))},
	{"Key", OBJECT("\"id\":" ID ",\"name\":" STRING ",\"scope\":" STRING ",\"role\":" MAYBE
		       ",\"state\":" STRING ",\"created_at\":" TIME ",\"expires_at\":" MAYBE_TIME
		       ",\"revoked_at\":" MAYBE_TIME ",\"used_at\":" MAYBE_TIME
		       ",\"per_minute\":" INTEGER)},
	{"KeyList", OBJECT_REQUIRING("\"items\"", "\"items\":" LIST_OF("Key"))},
	{"NewKey",
	 OBJECT_REQUIRING("\"name\"", "\"name\":" STRING ",\"scope\":" STRING ",\"role\":" STRING
				      ",\"expires_at\":" TIME ",\"per_minute\":" INTEGER)},
	{"CreatedKey",
	 OBJECT_REQUIRING("\"id\",\"key\"",
			  "\"id\":" ID ",\"key\":" STRING ",\"name\":" STRING ",\"scope\":" STRING
			  ",\"role\":" MAYBE ",\"expires_at\":" MAYBE_TIME)},
	{"AuditRow", OBJECT("\"seq\":" INTEGER ",\"at\":" TIME ",\"actor_kind\":" STRING
			    ",\"actor_id\":" MAYBE ",\"actor_name\":" MAYBE ",\"action\":" STRING
			    ",\"object\":" STRING ",\"record_id\":" STRING ",\"detail\":" ANY
			    ",\"reason\":" MAYBE ",\"request_id\":" MAYBE ",\"erased\":" BOOLEAN)},
	{"AuditList", PAGE_OF("AuditRow")},
	{"AuditState",
	 OBJECT_REQUIRING("\"verified\",\"rows\"",
			  "\"verified\":" BOOLEAN ",\"rows\":" INTEGER ",\"faults\":" INTEGER
			  ",\"broken_at\":" MAYBE_INTEGER ",\"checked_at\":" TIME)},
	{"ErasureReceipt",
	 OBJECT_REQUIRING("\"receipt_id\",\"counts\",\"hash\"",
			  "\"receipt_id\":" ID ",\"contact_id\":" ID ",\"erased_at\":" TIME
			  ",\"dry_run\":" BOOLEAN ",\"counts\":" ANY ",\"hash\":" STRING)},
	{"PersonalData",
	 OBJECT("\"contact\":" ANY ",\"records\":" ANY ",\"attachments\":" LIST_OF(
		 "Attachment") ",\"conversations\":{\"type\":\"array\",\"items\":" ANY
			       "},\"history\":" REF("AuditList"))},
	{"UserPatch", OBJECT("\"name\":" STRING ",\"language\":" LANGUAGE)},
	{"UserList", PAGE_OF("User")},
	{"Organisation",
	 OBJECT("\"id\":" ID ",\"name\":" STRING ",\"language\":" LANGUAGE ",\"time_zone\":" STRING
		",\"working_hours\":{\"type\":\"object\"},\"open_now\":{\"type\":\"boolean\"},\"is_"
		"demo\":{\"type\":\"boolean\"}")},
	{"OrganisationPatch", OBJECT("\"name\":" STRING ",\"time_zone\":" STRING
				     ",\"working_hours\":{\"type\":\"object\"}")},
	{"Session", OBJECT("\"user\":" REF("User") ",\"organisation\":" REF("Organisation"))},
	{"Conversation",
	 OBJECT(CONVERSATION_PROPERTIES ",\"mood\":" MAYBE_MOOD ",\"urgent\":" BOOLEAN)},
	{"ConversationFull", OBJECT(CONVERSATION_PROPERTIES ",\"messages\":" LIST_OF("Message"))},
	{"WhyPassage", OBJECT("\"article_id\":" ID ",\"title\":" STRING ",\"heading\":" MAYBE
			      ",\"passage\":" STRING
			      ",\"score\":{\"type\":\"number\"},\"words\":{\"type\":\"number\"},"
			      "\"cosine\":{\"type\":\"number\"}")},
	{"Judgement",
	 OBJECT_REQUIRING("\"message_id\",\"mood\",\"intent\"",
			  "\"message_id\":" ID ",\"conversation_id\":" ID ",\"at\":" TIME
			  ",\"language\":" STRING ",\"mood\":" MOOD ",\"mood_probability\":" NUMBER
			  ",\"strength\":" NUMBER ",\"intent\":" STRING
			  ",\"intent_probability\":" NUMBER ",\"urgent\":" BOOLEAN
			  ",\"version\":" STRING ",\"corrected_mood\":" MAYBE
			  ",\"corrected_intent\":" MAYBE ",\"corrected_at\":" MAYBE_TIME)},
	{"JudgementList", OBJECT_REQUIRING("\"items\"", "\"items\":" LIST_OF("Judgement"))},
	{"Fact", OBJECT_REQUIRING("\"message_id\",\"type\",\"text\",\"value\"",
				  "\"message_id\":" ID ",\"type\":" STRING ",\"text\":" STRING
				  ",\"value\":" STRING ",\"unit\":" MAYBE ",\"start\":" INTEGER
				  ",\"end\":" INTEGER ",\"confidence\":" NUMBER)},
	{"FactRequest",
	 OBJECT_REQUIRING("\"message_id\",\"text\"",
			  "\"message_id\":" ID ",\"text\":" STRING ",\"what\":" MAYBE
			  ",\"quantity\":" MAYBE ",\"budget\":" MAYBE ",\"deadline\":" MAYBE)},
	{"FactAspect", OBJECT_REQUIRING("\"message_id\",\"aspect\",\"mood\"",
					"\"message_id\":" ID ",\"aspect\":" STRING ",\"mood\":" MOOD
					",\"strength\":" NUMBER ",\"text\":" STRING)},
	{"Facts", OBJECT_REQUIRING("\"items\",\"requests\",\"aspects\"",
				   "\"items\":" LIST_OF("Fact") ",\"requests\":" LIST_OF(
					   "FactRequest") ",\"aspects\":" LIST_OF("FactAspect"))},
	{"Correction", OBJECT("\"mood\":" MAYBE_MOOD ",\"intent\":" MAYBE)},
	{"JudgementWords", OBJECT_REQUIRING("\"intents\"", "\"intents\":" STRINGS)},
	{"Classifier",
	 OBJECT_REQUIRING(
		 "\"name\",\"task\",\"version\",\"state\",\"sha256\",\"card\",\"shadowed\"",
		 "\"name\":" STRING ",\"kind\":" STRING ",\"task\":" JUDGE_TASK
		 ",\"version\":" INTEGER ",\"state\":{\"type\":\"string\",\"enum\":["
		 "\"in_use\",\"shadow\",\"kept\"]},\"since\":" MAYBE_TIME ",\"by\":" MAYBE
		 ",\"sha256\":" STRING ",\"bytes\":" INTEGER ",\"added_at\":" TIME
		 ",\"card\":" REF("ClassifierCard") ",\"shadowed\":" OBJECT_REQUIRING(
			 "\"messages\",\"agreed\",\"reviewed\",\"right\","
			 "\"right_in_use\"",
			 "\"messages\":" INTEGER ",\"agreed\":" INTEGER ",\"reviewed\":" INTEGER
			 ",\"right\":" INTEGER ",\"right_in_use\":" INTEGER))},
	{"ClassifierMeasures",
	 OBJECT("\"n\":" INTEGER ",\"accuracy\":" NUMBER ",\"f1_macro\":" NUMBER
		",\"ece\":{\"type\":[\"number\",\"null\"]},\"ci95\":" OBJECT(
			"\"accuracy\":" NUMBERS ",\"f1_macro\":" NUMBERS))},
	{"ClassifierCard",
	 OBJECT_REQUIRING(
		 "\"labels\",\"views\",\"rows\",\"seed\"",
		 "\"labels\":" STRINGS ",\"views\":" STRINGS ",\"rows\":" INTEGER
		 ",\"seed\":" INTEGER ",\"data_sha256\":" STRING ",\"held_out\":{\"anyOf\":[" REF(
			 "ClassifierMeasures") ",{\"type\":"
					       "\"null\"}]},\"metrics\":{\"anyOf\":[" REF(
						       "ClassifierMeasures") ",{\"type\":\"null\"}]"
									     "}")},
	{"ClassifierList", OBJECT_REQUIRING("\"items\"", "\"items\":" LIST_OF("Classifier"))},
	{"ClassifierPromotion", OBJECT("\"shadow\":" BOOLEAN ",\"force\":" BOOLEAN)},
	{"ClassifierRollback",
	 OBJECT_REQUIRING("\"task\"", "\"task\":" JUDGE_TASK ",\"shadow\":" BOOLEAN)},
	{"JudgementSummary",
	 OBJECT_REQUIRING("\"n\",\"moods\",\"intents\"",
			  "\"n\":" INTEGER ",\"urgent\":" INTEGER ",\"reviewed\":" INTEGER
			  ",\"agreed\":" INTEGER ",\"moods\":" COUNTS ",\"intents\":" COUNTS)},
	{"VoiceQuote", OBJECT("\"message_id\":" ID ",\"conversation_id\":" ID ",\"at\":" TIME
			      ",\"text\":" STRING)},
	{"VoiceMood", OBJECT("\"mood\":" MOOD "," VOICE_COUNTS)},
	{"VoiceCount", OBJECT(VOICE_COUNTS)},
	{"VoiceIntent", OBJECT("\"intent\":" STRING "," VOICE_COUNTS "," VOICE_NEGATIVE)},
	{"VoiceAspect", OBJECT("\"aspect\":" STRING "," VOICE_COUNTS ",\"positive\":" INTEGER
			       ",\"positive_before\":" INTEGER "," VOICE_NEGATIVE)},
	{"VoiceTopic", OBJECT("\"words\":{\"type\":\"array\",\"items\":" STRING "}," VOICE_COUNTS
			      "," VOICE_NEGATIVE ",\"growth\":" NUMBER ",\"score\":" NUMBER
			      ",\"quotes\":" LIST_OF("VoiceQuote"))},
	{"VoiceStep", OBJECT("\"from\":" STRING ",\"to\":" STRING ",\"positive\":" INTEGER
			     ",\"neutral\":" INTEGER ",\"negative\":" INTEGER)},
	{"VoiceReport",
	 OBJECT("\"from\":" STRING ",\"to\":" STRING ",\"before_from\":" STRING
		",\"before_to\":" STRING ",\"days\":" INTEGER ",\"time_zone\":" STRING
		",\"channel\":" MAYBE ",\"aspect\":" MAYBE ",\"aspects\":" LIST_OF(
			"VoiceAspect") ",\"n\":" INTEGER ",\"n_before\":" INTEGER
				       ",\"n_read\":" INTEGER ",\"n_read_before\":" INTEGER
				       ",\"moods\":" LIST_OF("VoiceMood") ",\"urgent\":" REF(
					       "Voic"
					       "eCou"
					       "nt") ",\"intents\":" LIST_OF("VoiceIntent") ",\"cha"
											    "nnels"
											    "\":{"
											    "\"type"
											    "\":"
											    "\"arra"
											    "y\","
											    "\"item"
											    "s\""
											    ":" STRING
											    "}"
											    ",\"ste"
											    "p\":{"
											    "\"type"
											    "\":"
											    "\"stri"
											    "ng\","
											    "\"enum"
											    "\":["
											    "\"day"
											    "\","
											    "\"week"
											    "\"]}"
											    ",\"ste"
											    "ps\""
											    ":" LIST_OF("VoiceStep") ",\"topics\":" LIST_OF(
												    "VoiceTopic") ",\"improve\":"
														  "{\"type\":"
														  "\"array\","
														  "\"items\""
														  ":" INTEGER
														  "}")},
	{"VoiceMessage", OBJECT("\"message_id\":" ID ",\"conversation_id\":" ID ",\"at\":" TIME
				",\"text\":" STRING ",\"contact_name\":" MAYBE ",\"mood\":" MOOD
				",\"intent\":" STRING ",\"urgent\":" BOOLEAN)},
	{"VoiceMessageList", OBJECT("\"n\":" INTEGER ",\"items\":" LIST_OF(
				     "VoiceMessage") ",\"next_page_token\":" MAYBE)},
	{"Why",
	 OBJECT("\"action\":" ACTION ",\"reason\":" STRING ",\"path\":" PATH ",\"exact\":" BOOLEAN
		",\"intent\":" STRING ",\"sentiment\":" STRING ",\"language\":" LANGUAGE
		",\"ms\":{\"type\":\"number\"},\"probability\":{\"type\":\"number\"},"
		"\"answer_from\":{\"type\":\"number\"},\"clarify_from\":{\"type\":\"number\"},"
		"\"searched\":" STRING ",\"passages\":" LIST_OF(
			"WhyPassage") ","
				      "\"model_call\":" REF("ModelCall") ",\"rewrite_call\":" REF(
					      "ModelCall"))},
	{"ConversationList", PAGE_OF("Conversation")},
	{"ConversationCounts",
	 OBJECT_REQUIRING("\"mine\",\"unassigned\",\"waiting\"",
			  "\"mine\":" INTEGER ",\"unassigned\":" INTEGER ",\"waiting\":" INTEGER)},
	{"NewConversation", OBJECT("\"language\":" MAYBE ",\"page_url\":" MAYBE
				   ",\"contact\":" REF("ContactDetails"))},
	{"ConversationToken",
	 OBJECT_REQUIRING("\"id\",\"token\"", "\"id\":" ID ",\"token\":" STRING)},
	{"ContactDetails", OBJECT("\"name\":" MAYBE ",\"email\":" MAYBE ",\"phone\":" MAYBE)},
	{"Citation", OBJECT("\"article_id\":" ID ",\"title\":" STRING ",\"passage\":" STRING
			    ",\"score\":{\"type\":\"number\"},\"url\":" MAYBE)},
	{"Message", OBJECT("\"id\":" ID ",\"seq\":{\"type\":\"integer\"},\"conversation_id\":" ID
			   ",\"role\":" ROLE ",\"text\":" STRING ",\"at\":" TIME
			   ",\"ai_generated\":{\"type\":\"boolean\"},\"author_name\":" MAYBE
			   ",\"path\":" PATH ",\"citations\":" LIST_OF(
				   "Citation") ",\"options\":" STRINGS ",\"rating\":" RATING)},
	{"NewRating", OBJECT("\"rating\":" RATING)},
	{"Rating", OBJECT("\"conversation_id\":" ID ",\"message_id\":" ID ",\"rating\":" RATING)},
	{"Draft",
	 OBJECT_REQUIRING("\"text\",\"citations\",\"path\",\"language\"",
			  "\"text\":" STRING ",\"citations\":" LIST_OF(
				  "Citation") ",\"path\":{\"type\":\"string\",\"enum\":[" PATHS
					      "]},\"language\":" LANGUAGE)},
	{"NewMessage",
	 OBJECT_REQUIRING("\"text\"", "\"text\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":"
				      "4000},\"role\":{\"type\":\"string\",\"enum\":"
				      "[\"customer\",\"agent\"]}")},
	{"MessageReply",
	 OBJECT_REQUIRING("\"message\"",
			  "\"message\":" REF("Message") ",\"reply\":{\"anyOf\":[" REF(
				  "Message") ",{\"type\":\"null\"}]}")},
	{"HandOver", OBJECT("\"reason\":" STRING)},
	{"Take", OBJECT("\"force\":{\"type\":\"boolean\"}")},
	{"TimelineItem",
	 OBJECT("\"kind\":{\"type\":\"string\",\"enum\":[\"conversation\",\"order\",\"ticket\","
		"\"deal\",\"activity\",\"note\",\"task\",\"event\",\"change\",\"created\"]},"
		"\"at\":" TIME ",\"object\":" STRING ",\"id\":" ID ",\"title\":" STRING
		",\"conversation_id\":" MAYBE_ID ",\"text\":" MAYBE ",\"actor_name\":" MAYBE)},
	{"Timeline", PAGE_OF("TimelineItem")},
	{"SearchResult",
	 OBJECT("\"object\":" STRING ",\"id\":" ID ",\"title\":" STRING ",\"snippet\":" MAYBE
		",\"marks\":{\"type\":\"object\",\"properties\":{\"title\":" MARKS
		",\"snippet\":" MARKS "}}")},
	{"SearchResults", PAGE_OF("SearchResult")},
	{"Webhook",
	 OBJECT("\"id\":" ID ",\"name\":" STRING ",\"url\":" STRING ",\"events\":" STRINGS
		",\"active\":" BOOLEAN ",\"paused_because\":" MAYBE ",\"failing_since\":" MAYBE_TIME
		",\"created_at\":" TIME ",\"updated_at\":" TIME ",\"secret\":" STRING
		",\"new_secret\":" BOOLEAN)},
	{"WebhookList", PAGE_OF("Webhook")},
	{"WebhookTest", OBJECT("\"delivery_id\":" ID)},
	{"WebhookDelivery",
	 OBJECT("\"id\":" ID ",\"event\":" STRING ",\"record_id\":" STRING
		",\"payload\":{\"type\":\"object\"},\"state\":{\"type\":\"string\",\"enum\":["
		"\"pending\","
		"\"delivered\",\"given_up\"]},\"attempts\":{\"type\":\"integer\"},\"next_"
		"at\":" MAYBE_TIME
		",\"status\":{\"type\":[\"integer\",\"null\"]},\"trouble\":" MAYBE
		",\"created_at\":" TIME ",\"done_at\":" MAYBE_TIME)},
	{"WebhookDeliveryList", PAGE_OF("WebhookDelivery")},
	{"Bulk", OBJECT("\"create\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"
			"\"update\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"
			"\"delete\":{\"type\":\"array\",\"items\":" STRING "}")},
	{"BulkResult",
	 OBJECT_REQUIRING(
		 "\"items\"",
		 "\"items\":{\"type\":\"array\",\"items\":" OBJECT(
			 "\"id\":" MAYBE ",\"status\":{\"type\":\"integer\"},\"code\":" STRING
			 ",\"detail\":" STRING
			 ",\"errors\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}") "}")},
	{"DeclaredField",
	 OBJECT("\"name\":" STRING ",\"type\":" STRING ",\"label_zh\":" STRING
		",\"label_en\":" STRING ",\"required\":" BOOLEAN ",\"searchable\":" BOOLEAN
		",\"indexed\":" BOOLEAN ",\"unique\":" BOOLEAN ",\"read_only\":" BOOLEAN
		",\"custom\":" BOOLEAN ",\"sensitive\":" BOOLEAN ",\"writable\":" BOOLEAN
		",\"personal\":" STRING ",\"target\":" MAYBE ",\"default\":" MAYBE
		",\"max_chars\":{\"type\":\"integer\"},\"choices\":" STRINGS)},
	{"DeclaredObject",
	 OBJECT("\"name\":" STRING ",\"plural\":" STRING ",\"label_zh\":" STRING
		",\"label_en\":" STRING ",\"title\":" MAYBE ",\"invented\":" BOOLEAN
		",\"log\":" BOOLEAN ",\"admin_only\":" BOOLEAN ",\"rights\":" ANY
		",\"fields\":" LIST_OF("DeclaredField"))},
	{"DeclaredObjectList",
	 OBJECT_REQUIRING("\"items\"", "\"items\":" LIST_OF("DeclaredObject"))},
	{"NewField", OBJECT("\"name\":" STRING ",\"type\":" STRING ",\"label_zh\":" STRING
			    ",\"label_en\":" STRING ",\"required\":" BOOLEAN
			    ",\"searchable\":" BOOLEAN ",\"indexed\":" BOOLEAN
			    ",\"unique\":" BOOLEAN ",\"sensitive\":" BOOLEAN ",\"personal\":" STRING
			    ",\"target\":" MAYBE ",\"default\":{},\"choices\":" STRINGS)},
	{"NewObject", OBJECT("\"name\":" STRING ",\"plural\":" STRING ",\"label_zh\":" STRING
			     ",\"label_en\":" STRING ",\"fields\":" LIST_OF("NewField"))},
	{"View",
	 OBJECT("\"id\":" ID ",\"object\":" STRING ",\"name\":" STRING ",\"shared\":" BOOLEAN
		",\"mine\":" BOOLEAN ",\"filter\":" STRING ",\"order_by\":" STRING
		",\"columns\":" LIST_OF("ViewColumn") ",\"updated_at\":" TIME)},
	{"ViewColumn",
	 OBJECT_REQUIRING("\"name\"", "\"name\":" STRING ",\"width\":" MAYBE_INTEGER)},
	{"ViewList", PAGE_OF("View")},
	{"NewView", OBJECT("\"object\":" STRING ",\"name\":" STRING ",\"shared\":" BOOLEAN
			   ",\"filter\":" STRING ",\"order_by\":" STRING
			   ",\"columns\":" LIST_OF("ViewColumn"))},
	{"Mark", OBJECT("\"object\":" STRING ",\"id\":" ID ",\"title\":" STRING ",\"at\":" TIME
			",\"starred\":" BOOLEAN)},
	{"MarkList", PAGE_OF("Mark")},
	{"NewMark", OBJECT_REQUIRING("\"object\",\"id\"", "\"object\":" STRING ",\"id\":" STRING)},
	{"ImportOptions",
	 OBJECT("\"map\":{\"type\":\"object\",\"additionalProperties\":" MAYBE "}"
		",\"on_duplicate\":{\"type\":\"string\",\"enum\":[\"skip\",\"update\","
		"\"create\"]},\"strict\":" BOOLEAN ",\"create_related\":" BOOLEAN
		",\"group_by\":" MAYBE)},
	{"ImportError", OBJECT("\"line\":" INTEGER ",\"column\":" MAYBE ",\"message\":" STRING)},
	{"Import",
	 OBJECT("\"id\":" ID ",\"import_id\":" ID ",\"object\":" STRING
		",\"state\":{\"type\":\"string\",\"enum\":[\"ready\",\"queued\",\"running\","
		"\"done\",\"failed\",\"reverting\",\"reverted\"]},\"file_name\":" STRING
		",\"rows\":" INTEGER ",\"done\":" INTEGER ",\"created\":" INTEGER
		",\"updated\":" INTEGER ",\"skipped\":" INTEGER ",\"failed\":" INTEGER
		",\"related\":" INTEGER ",\"reverted\":" INTEGER ",\"kept\":" INTEGER
		",\"options\":" REF("ImportOptions") ",\"trouble\":" MAYBE ",\"created_at\":" TIME
						     ",\"updated_at\":" TIME
						     ",\"errors\":" LIST_OF("ImportError"))},
	{"ImportList", PAGE_OF("Import")},
	{"ImportColumn",
	 OBJECT("\"column\":" STRING ",\"target\":" STRING
		",\"because\":{\"type\":[\"string\",\"null\"],\"enum\":[\"given\",\"name\","
		"\"content\",\"unknown\",null]}")},
	{"ImportPreviewRow",
	 OBJECT("\"line\":" INTEGER
		",\"action\":{\"type\":\"string\",\"enum\":[\"create\",\"update\",\"skip\","
		"\"join\",\"fail\"]},\"fields\":{\"type\":\"object\"},\"errors\":" LIST_OF(
			"ImportError"))},
	{"ImportPreview", OBJECT("\"import\":" REF("Import") ",\"columns\":" LIST_OF(
				  "ImportColumn") ",\"rows\":" LIST_OF("ImportPreviewRow"))},
	{"Question",
	 OBJECT_REQUIRING("\"question\"",
			  "\"question\":" STRING
			  ",\"history\":{\"type\":[\"array\",\"null\"],\"items\":" OBJECT(
				  "\"role\":" MAYBE ",\"text\":" MAYBE) "}")},
	{"Answer",
	 OBJECT("\"answer\":" STRING ",\"citations\":" LIST_OF(
		 "Citation") ",\"action\":" ACTION ",\"reason\":" STRING ",\"intent\":" STRING
			     ",\"sentiment\":" STRING ",\"language\":" LANGUAGE ",\"path\":" PATH
			     ",\"ms\":{\"type\":\"number\"}")},
	{"OpenaiError",
	 OBJECT_REQUIRING("\"error\"",
			  "\"error\":" OBJECT("\"message\":" STRING ",\"type\":" STRING
					      ",\"param\":" MAYBE ",\"code\":" MAYBE))},
	{"OpenaiModel", OBJECT("\"id\":" STRING ",\"object\":" STRING ",\"created\":" INTEGER
			       ",\"owned_by\":" STRING)},
	{"OpenaiModels", OBJECT("\"object\":" STRING ",\"data\":" LIST_OF("OpenaiModel"))},
	{"ChatRequest",
	 OBJECT_REQUIRING(
		 "\"model\",\"messages\"",
		 "\"model\":" STRING ",\"messages\":{\"type\":\"array\",\"minItems\":1,\"items\":"
		 "{\"type\":\"object\",\"required\":[\"role\"],\"properties\":{\"role\":" STRING
		 ",\"content\":{\"type\":[\"string\",\"array\",\"null\"]}}}},"
		 "\"stream\":" BOOLEAN
		 ",\"stream_options\":" OBJECT("\"include_usage\":" BOOLEAN))},
	{"ChatAnswer", OBJECT("\"role\":" STRING ",\"content\":" STRING)},
	{"ChatChoice", OBJECT("\"index\":" INTEGER
			      ",\"message\":" REF("ChatAnswer") ",\"finish_reason\":" MAYBE)},
	{"ChatCompletion",
	 OBJECT("\"id\":" STRING ",\"object\":" STRING ",\"created\":" INTEGER ",\"model\":" STRING
		",\"choices\":" LIST_OF(
			"ChatChoice") ",\"usage\":" TOKENS
				      ",\"citations\":" LIST_OF(
					      "Citation") ",\"action\":" ACTION
							  ",\"reason\":" STRING ",\"path\":" PATH
							  ",\"language\":" LANGUAGE)},
	{"EmbeddingsRequest",
	 OBJECT_REQUIRING(
		 "\"model\",\"input\"",
		 "\"model\":" STRING ",\"input\":{\"type\":[\"string\",\"array\"],\"items\":" STRING
		 "},\"encoding_format\":{\"type\":\"string\",\"enum\":[\"float\",\"base64\"]},"
		 "\"dimensions\":" INTEGER
		 ",\"input_type\":{\"type\":\"string\",\"enum\":[\"query\",\"passage\"]}")},
	{"Embedding", OBJECT("\"object\":" STRING ",\"index\":" INTEGER
			     ",\"embedding\":{\"type\":[\"array\",\"string\"],"
			     "\"items\":{\"type\":\"number\"}}")},
	{"Embeddings", OBJECT("\"object\":" STRING ",\"data\":" LIST_OF(
			       "Embedding") ",\"model\":" STRING ",\"usage\":" TOKENS)},
	{"WidgetConfig",
	 OBJECT("\"name\":" STRING ",\"language\":" LANGUAGE ",\"greeting\":" STRING
		",\"ai_notice\":" STRING ",\"suggestions\":{\"type\":\"array\",\"items\":" STRING
		"},\"open_now\":{\"type\":\"boolean\"},\"languages\":"
		"{\"type\":\"array\",\"items\":" STRING "}")},
	{"Version", OBJECT("\"version\":" STRING ",\"commit\":" STRING)},
	{"Health", OBJECT("\"status\":" STRING)},
};

#define NUMBER "{\"type\":\"number\"}"
#define MAYBE_NUMBER "{\"type\":[\"number\",\"null\"]}"
#define ONE_OF(words) "{\"type\":\"string\",\"enum\":[" words "]}"
#define LIST(item) "{\"type\":\"array\",\"items\":" item "}"
#define CHOICE ONE_OF("\"none\",\"local\",\"remote\"")
#define PROVIDER ONE_OF("\"none\",\"local\",\"remote\",\"scripted\"")
#define MODEL_STATE ONE_OF("\"absent\",\"starting\",\"ready\",\"down\"")
#define ORIGIN ONE_OF("\"default\",\"file\",\"console\",\"environment\",\"flag\"")
#define KEY_SOURCE ONE_OF("\"none\",\"stored\",\"file\",\"environment\"")
#define FILE_KIND ONE_OF("\"chat\",\"encoder\"")
#define COUNTED LIST(OBJECT("\"kind\":" STRING ",\"count\":" INTEGER))
#define TODAY OBJECT("\"calls\":" INTEGER ",\"tokens\":" INTEGER)
#define SPEED "\"tokens_per_second\":" MAYBE_NUMBER ",\"first_ms\":" MAYBE_NUMBER

static const HttpSchema of_models[] = {
	{"ModelCall",
	 OBJECT("\"id\":" ID ",\"task\":" STRING ",\"version\":" INTEGER ",\"outcome\":" STRING
		",\"fault\":" STRING ",\"detail\":" MAYBE ",\"provider\":" STRING
		",\"model\":" MAYBE ",\"model_sha256\":" MAYBE ",\"prompt_sha256\":" MAYBE
		",\"prompt_tokens\":" INTEGER ",\"cached_tokens\":" INTEGER
		",\"completion_tokens\":" INTEGER ",\"queue_ms\":" NUMBER ",\"first_ms\":" NUMBER
		",\"total_ms\":" NUMBER)},
	{"ModelFigures", OBJECT("\"calls\":" INTEGER "," SPEED)},
	{"Model",
	 OBJECT("\"provider\":" PROVIDER ",\"model\":" MAYBE ",\"sha256\":" MAYBE
		",\"state\":" MODEL_STATE ",\"reason\":" MAYBE ",\"trouble\":" MAYBE
		",\"waiting\":" INTEGER ",\"running\":" INTEGER ",\"queue_max\":" INTEGER
		",\"restarts\":" INTEGER ",\"memory_bytes\":" INTEGER ",\"day_tokens\":" INTEGER
		",\"writes_answers\":" BOOLEAN ",\"chosen_by\":" ORIGIN ",\"fixed_by\":" MAYBE
		",\"url\":" MAYBE ",\"key\":" KEY_SOURCE ",\"key_file\":" MAYBE
		",\"daily_tokens\":" INTEGER ",\"local_possible\":" BOOLEAN ",\"file\":" MAYBE
		",\"licence\":" MAYBE ",\"bytes\":" INTEGER ",\"today\":" TODAY
		",\"latest\":" REF("ModelFigures") ",\"errors\":" COUNTED)},
	{"ModelFile",
	 OBJECT("\"name\":" STRING ",\"kind\":" FILE_KIND ",\"sha256\":" STRING
		",\"bytes\":" INTEGER ",\"licence\":" STRING ",\"licence_accepted\":" BOOLEAN
		",\"path\":" STRING ",\"exists\":" BOOLEAN ",\"current\":" BOOLEAN)},
	{"ModelFileList", PAGE_OF("ModelFile")},
	{"ModelChoice",
	 OBJECT_REQUIRING("\"provider\"",
			  "\"provider\":" CHOICE ",\"sha256\":" STRING
			  ",\"accept_licence\":" BOOLEAN ",\"url\":" STRING ",\"model\":" STRING
			  ",\"key\":" STRING ",\"key_file\":" STRING ",\"daily_tokens\":" INTEGER)},
	{"ModelTrial", OBJECT("\"question\":" MAYBE ",\"passage\":" MAYBE ",\"language\":" MAYBE
			      ",\"prompt\":" MAYBE ",\"max_tokens\":" INTEGER)},
	{"ModelTrialResult",
	 OBJECT("\"text\":" MAYBE ",\"generated\":" BOOLEAN ",\"outcome\":" STRING
		",\"fault\":" STRING ",\"trouble\":" MAYBE ",\"model_call\":" REF("ModelCall"))},
};

#define RECORD_KEYS LIST(OBJECT("\"object\":" STRING ",\"id\":" ID))

static const HttpSchema of_work[] = {
	{"NewConversion",
	 OBJECT("\"contact_id\":" MAYBE_ID ",\"company_id\":" MAYBE_ID ",\"create_deal\":" BOOLEAN
		",\"deal_name\":" MAYBE ",\"amount\":{\"type\":[\"number\",\"string\",\"null\"]}"
		",\"currency\":" MAYBE ",\"pipeline_id\":" MAYBE_ID ",\"stage_id\":" MAYBE_ID
		",\"expected_close_on\":" MAYBE)},
	{"Conversion", OBJECT_REQUIRING("\"lead\",\"made\",\"kept\"",
					"\"lead\":" REF("Lead") ",\"made\":" RECORD_KEYS
								",\"kept\":" RECORD_KEYS)},
	{"Attachment",
	 OBJECT("\"id\":" ID ",\"object\":" STRING ",\"record_id\":" ID ",\"file_name\":" STRING
		",\"content_type\":" STRING ",\"n_bytes\":" INTEGER ",\"sha256\":" STRING
		",\"created_at\":" TIME ",\"created_by\":" MAYBE)},
	{"AttachmentList", PAGE_OF("Attachment")},
	{"HolidayPreset",
	 OBJECT_REQUIRING(
		 "\"country\",\"year\"",
		 "\"country\":" ONE_OF("\"CN\",\"US\",\"UK\",\"DE\"") ",\"year\":" INTEGER)},
	{"ForecastRow",
	 OBJECT("\"key\":" MAYBE ",\"name\":" MAYBE ",\"currency\":" MAYBE ",\"open\":" INTEGER
		",\"amount\":" NUMBER ",\"weighted_amount\":" NUMBER ",\"won\":" INTEGER
		",\"won_amount\":" NUMBER ",\"lost\":" INTEGER ",\"lost_amount\":" NUMBER)},
	{"Forecast", OBJECT_REQUIRING("\"items\"", "\"items\":" LIST_OF("ForecastRow"))},
	{"StageConversion",
	 OBJECT("\"stage_id\":" ID ",\"name\":" STRING ",\"kind\":" STRING ",\"entered\":" INTEGER
		",\"went_on\":" INTEGER ",\"rate\":" NUMBER ",\"mean_ms\":" MAYBE_INTEGER)},
	{"StageConversionList",
	 OBJECT_REQUIRING("\"items\"", "\"items\":" LIST_OF("StageConversion"))},
	{"StageStay", OBJECT("\"stage_id\":" ID ",\"name\":" MAYBE ",\"entered_at\":" TIME
			     ",\"left_at\":" MAYBE_TIME)},
	{"StageStayList", OBJECT_REQUIRING("\"items\"", "\"items\":" LIST_OF("StageStay"))},
	{"HolidayAdded",
	 OBJECT_REQUIRING("\"items\"", "\"items\":" LIST(OBJECT("\"id\":" ID ",\"on_date\":" STRING
								",\"name\":" STRING
								",\"is_worked\":" BOOLEAN)))},
	{"Notification",
	 OBJECT("\"id\":" ID ",\"kind\":" ONE_OF(
		 "\"first_response_breached\",\"resolution_breached\",\"task_"
		 "reminder\"") ",\"object\":" STRING ",\"record_id\":" ID ",\"title\":" STRING
			       ",\"at\":" TIME ",\"read_at\":" MAYBE_TIME)},
	{"NotificationList",
	 OBJECT_REQUIRING("\"items\",\"next_page_token\",\"unread\"",
			  "\"items\":" LIST_OF("Notification") ",\"next_page_token\":" MAYBE
							       ",\"unread\":" INTEGER)},
	{"NotificationPatch", OBJECT_REQUIRING("\"read\"", "\"read\":" BOOLEAN)},
	{"Agenda",
	 OBJECT_REQUIRING(
		 "\"items\",\"complete\"",
		 "\"items\":" LIST(OBJECT("\"object\":" ONE_OF(
			 "\"tasks\",\"activities\"") ",\"id\":" ID ",\"title\":" STRING
						     ",\"kind\":" MAYBE ",\"status\":" MAYBE
						     ",\"starts_at\":" TIME
						     ",\"ends_at\":" MAYBE_TIME
						     ",\"owner_id\":" MAYBE_ID
						     ",\"contact_id\":" MAYBE_ID
						     ",\"company_id\":" MAYBE_ID
						     ",\"deal_id\":" MAYBE_ID
						     ",\"ticket_id\":" MAYBE_ID)) ",\"complete\""
										  ":" BOOLEAN)},
};

/* The object itself, and a page of it. */
static void add_object(GArray *schemas, const Object *object)
{
	const char *name = object_schema_name(object);
	g_autofree char *list_name = g_strconcat(name, "List", NULL);
	g_autofree char *json = object_schema(object);
	g_autofree char *list = g_strdup_printf(
		"{\"type\":\"object\",\"required\":[\"items\",\"next_page_token\"],\"properties\":{"
		"\"items\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/%s\"}},"
		"\"next_page_token\":" MAYBE
		",\"total\":{\"type\":\"integer\"},\"total_exact\":" BOOLEAN "}}",
		name);
	HttpSchema rows[] = {{name, g_intern_string(json)},
			     {g_intern_string(list_name), g_intern_string(list)}};

	g_array_append_vals(schemas, rows, G_N_ELEMENTS(rows));
}

GArray *api_schemas(const GPtrArray *objects)
{
	GArray *schemas = g_array_new(FALSE, FALSE, sizeof(HttpSchema));

	g_array_append_vals(schemas, written, G_N_ELEMENTS(written));
	g_array_append_vals(schemas, of_models, G_N_ELEMENTS(of_models));
	g_array_append_vals(schemas, of_work, G_N_ELEMENTS(of_work));
	for (guint i = 0; i < objects->len; i++)
		add_object(schemas, objects->pdata[i]);
	return schemas;
}
