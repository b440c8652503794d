/*
 * Intents and moods: tables of what people type (each text must be judged so), the tuning half of
 * the evaluation set, a public set with requests for a hand-off, hostile texts, threads.
 */
#include "nlu/intent.h"

#include <jansson.h>
#include <string.h>

#include "../cpu_time.h"
#include "nlu/intent_plain.h"
#include "text/normalise.h"

/* ---- what people type ---- */

/* clang-format off */
static const char *const person_texts[] = {
	"转人工", "叫你们经理来", "人工", "rgkf", "zhuanrengong", "不要机器人", "别让机器人回我",
	"你能不能让个人来", "人呢", "human", "agent", "representative", "real person",
	"speak to someone", "operator", "supervisor", "call me", "stop the bot",
	"custmer service rep", "tranfer me", "你好，转人工", "轉人工客服", "ＨＵＭＡＮ",
	"talk to a person", "forward me to support", "speak to customer service",
	"I need an agent", "get me outta this bot, human", "can someone call me",
	"I dont want to talk to a bot", "人工处理一下", "please let a colleague take over",
	"call me back", "get me a human", "suport agent", "customer servise",
	"hook me up with an agent", "人工帮我查一下", "有没有真人在", "speak to a human",
	"帮我联系一下售后", "想和你们售后专员谈谈", "有没有人啊", "connect me",
	"chat with a human", "talk to a rep", "找客服", "I am sick of this bot", "转接售后客服",
	"i said human", "who can I talk to", "want to talk with one of your staff",
	"costumer service please", "get your manager", "给我安排人工", "tlak to a person",
	"转接人工", "transfer me", "我要见你们店长", "你们领导呢，我要跟他谈", "人工服务",
	"somebody take over please", "马上转人工", "get rid of this bot", "真人",
	"I need a human", "要客服", "customer service please", "not a bot, a person",
	"不要跟机器聊", "can you call me", "怎么还不转人工", "let me talk to a person",
	"呼叫人工", "is there a real person available", "我要转人工",
	"how do I get through to a person", "来个客服", "I want to talk to a real person",
	"who can i speak to about this", "听不懂人话是吧，找个能听懂的来", "客服出来",
	"can you put a human on", "来个真人", "转人公", "求人工", "人工入口在哪里",
	"anyone online?", "找主管", "get me someone competent", "换个人跟我聊", "escalate this",
	"有客服吗", "转到人工台", "human support", "找主管投诉", "和机器说不通", "换个人",
	"转接人工坐席", "不要ai客服，要真人", "关掉机器人", "我要找你们经理",
	"need a real person", "不要废话转人工", "转售前", "换人工",
	"please escalate to a supervisor", "are any agents available", "别用机器人敷衍我", "转rg",
	"想請客服人員聯絡我", "回复几可以转人工", "全是机器人吗有没有人", "幫我轉接專人",
	"你这答非所问，转人工吧", "can i have a human agent",
	"id like to speak directly with a human being", "有真人没", "给爷转人工",
	"让你们经理给我打电话", "is there a person behind this", "我不和机器人对话",
	"我需要和你们的人直接沟通", "这机器人太傻了给我换人", "put a real person on the chat",
	"ask a manager to ring me", "可以语音跟客服说吗", "someone get back to me please",
	"skip to agent", "我要和店主聊", "don't want automated answers, want a person",
	"I expect a reply from a human", "requesting a human", "can I speak to sales",
	"给我来个人工客服", "I insist on speaking with a manager", "pass me to your team",
	"i want human", "能不能别用ai糊弄我", "is a human reading this?",
	"may I be connected to an agent", "想跟设计师聊聊", "人工客服人工客服快点", "我等人工",
	"need an actual human", "还有没有人了", "想跟你们的客服小哥聊两句", "转接技术人员",
	"想要电话沟通", "any human around?", "人工客服排队", "老板出来", "想问下客服",
	"please have someone in support ring me", "an adviser please",
	"does anyone actually work here", "能叫个客服过来吗", "put one of your guys on",
	"manager to call me please", "direct me to a live representative", "亲 帮转人工",
	"亲亲转一下人工呗", "在吗，转人工", "帮我转agent", "for the third time: HUMAN",
	"想联系下客服人员", "switch me over to live", "switch to agent", "get me a specialist",
	"让售后联系我", "I'd like to talk on the phone with someone", "本人要求转接人工客服处理",
	"technical support person please", "zhen ren", "no automated system please",
	"i require assistance from a human being", "喂 人工", "人工回复", "i don't do bots",
	"除了机器人还有别人吗", "representitve", "this needs to go to a manager",
	"ai不行，给我真人", "live help", "要等多久才能转人工", "您好，请帮我转人工客服，谢谢！",
	"switch to a live agent", "require human", "where is everyone", "我要排队人工",
	"need hooman", "pls get ur manager", "could you pass me over to customer care",
	"may someone assist me live", "机器人答得乱七八糟，换客服",
	"do you have actual staff I can message", "想找位客服细聊", "给接个人工坐席行不",
	"would prefer to discuss this with a member of your team", "喊个人过来处理呗",
	"can u transfer me 2 a rep", "请问怎么找到真人聊天", "人工人工，快点啊",
	"I need one of your people to sort this out", "how about a real human for once",
	"give me costumer care", "would it be possible to be put in touch with an adviser",
	"i want out of this robot loop", "让你们技术来看看", "need somebody to talk to asap",
	"要求主管回电", "让我和老板当面说", "找售后主管", "客服！！在不在！！",
	"cn i speek to sum1", "客服热线打不通，让人工在线跟我说", "这个得找人工吧，帮我转",
	"给安排真人对接", "请转客户经理", "别绕圈子了，我就想跟个大活人讲", "我想找个能拍板的",
	"跟店家说句话行吗", "please have a representative reach out",
	"is anyone from support around", "真人客服有没有空", "听不懂，叫你们那边的人来",
	"我打字慢，能不能让人打电话给我", "哪里能找到人工", "我要和你们官方的人对话",
	"I have asked 3 times to talk to an agent", "let me through to customer services",
	"转接到投诉部门", "上次跟我聊的那个客服在吗", "can a specialist look at this",
	"我想跟投诉部的人说话", "reppresentative", "Let me deal with a person",
	"would rather not use the bot", "i don't trust bots, person please",
	"who's the supervisor, get them here", "有哪位能帮我处理吗", "请让懂技术的同事联系我",
	"an agent pls n thx", "can you summon a colleague", "麻烦让你们管事的来解决",
	"我不相信你说的，找真的客服来讲", "人工在不在", "any1 there??",
	"do I get to talk to a person at some point?", "想要人工帮忙改地址", "让真人跟我聊",
	"我要跟真人客服说话", "quit the bot please", "不想和你聊了，让客服来",
	"let me talk with a manager", "给我找个活人", "我想投诉，请转给你们主管",
	"please let me speak to a human", "我想找售后客服问一下", "where can I talk to a person",
	"do you have a human I could chat to",
	"would like to speak with an agent about my refund", "human agent",
	"别回复这些没用的，我要人工", "可以找人帮我解决吗",
	"is there someone I can talk to about this", "can you get a real person to help me",
	"please get a human to look at my order", "any real people here?", "我要联系人工",
	"is it possible to get a person on the line", "plz transfer to humen",
	"I need someone from your team to call me", "let me speak to your supervisor",
	"能不能人工回复我一下", "can i speak to a member of your team", "麻烦帮忙转人工客服处理",
	"我不想跟你说话，我要找人", "怎么才能不跟你聊，要人工", "有真人可以聊吗",
};

static const char *const question_texts[] = {
	"人工费怎么收", "人工智能音箱支持吗", "人工安装要预约吗", "人工湖附近能送吗",
	"人造板环保吗", "客服电话是多少", "客服几点下班", "what are your customer service hours",
	"do you have a customer service number", "do I need a person at home",
	"is the showroom staffed", "travel agent discount", "联系方式", "你们经理叫什么",
	"不用转人工了，退款多久到账", "I don't need a human, where is my order",
	"客服，我的灯坏了", "manager special discount", "who delivers my order",
	"will you call before delivery", "your agent said it would be here today", "是人工安装吗",
	"I want to return", "你们公司负责人是谁", "有人用过这个床垫吗", "送货时家里没人怎么办",
	"我要换货", "真人试穿有吗", "do not machine wash?",
	"does someone need to be home for delivery", "what is the agent code",
	"i spoke to an agent yesterday and he promised a refund", "email address please",
	"can I give my points to someone", "contact information", "can I return it to any store",
	"这个柜子两个人能抬动吗", "does the speaker work", "talk me through the returns process",
	"人工客服上班时间", "客户服务中心在哪个城市", "get a refund", "需要几个人安装",
	"how do I change the contact person on the order", "人工草坪有卖吗", "安装师傅什么时候来",
	"换个手机号", "representative colours", "i have a question",
	"is my personal information safe", "员工有折扣吗", "can a neighbour take it",
	"本人不在能签收吗", "叫安装要多久", "help me", "客服说今天发货怎么还没发", "给我退款",
	"is the warranty transferable to someone who buys it from me",
	"is the colour in the photo representative", "什么时候给我发货",
	"does the robot vacuum fit under the sofa", "加盟找谁", "怎么关闭自动续费",
	"lamp won't connect", "自动回复短信怎么退订", "换货一定要找客服吗",
	"who pays return shipping", "顾问费是多少", "谁来装", "退货需要联系客服吗",
	"请问多久发货", "找不到优惠券", "is customer service open on sunday",
	"联系不上快递员怎么办", "个人信息安全吗", "what number do I call", "manager chair price",
	"私人定制", "can i machine wash it", "business owner discount",
	"live in the uk, do you ship", "operator manual", "谁负责运费", "can I call you",
	"老板椅承重多少", "个人能开专票吗", "客服什么时候在线", "怎么注销个人账户",
	"do you have experts for feng shui", "when are agents online", "is the fitter insured",
	"人工授粉", "human friendly design", "有人送货上门吗", "who made this table",
	"somebody logged into my account", "换成送别人怎么改", "拆装人工另外收费吗",
	"关闭自动播放", "人不在家放哪", "几个人能抬得动", "接到自称客服的电话是真的吗",
	"switch my order to express", "我和老公两个人睡多大的床",
	"someone opened my parcel before me", "领导办公室适合哪款椅子", "washing machine stand",
	"is there a helpline number", "for a two person household",
	"forward my parcel to another address", "找你们家最便宜的灯", "找工作可以投简历吗",
	"礼品卡可以转给别人吗", "转寄到别的地址", "do you work with agents abroad",
	"家里有扫地机器人，床底多高", "联系快递员改时间", "纯人工编织的吗",
	"how to become a sales agent", "is there a hotline", "英文客服几点在线", "老板台",
	"销售日期在哪看", "可以派两个人来搬吗", "i want a chair", "找不到安装图",
	"can your fitters drill walls", "transfer order to other account",
	"are the delivery people employed by you", "personalised engraving?",
	"customer number where", "missed call from the courier", "同事买的比我便宜", "换灯芯",
	"is it someone's used return", "i need it today", "transfer warranty", "contacts import",
	"请人代收要提供什么", "接收不到验证码", "pass the parcel to neighbour",
	"我要和上次一样的", "来电显示是快递", "滚轮坏了", "售后政策", "agent orange colour",
	"客服怎么都不说清楚尺寸是多少", "我需要两把餐椅", "is a technician visit free",
	"gift for my boss", "live view camera?", "managed account", "where is my order",
	"who designed the lamp", "联系人可以写别人吗", "can I call to change address",
	"is someone able to return it for me", "领导桌尺寸", "经理级折扣怎么算",
	"别人用过的退货会再卖吗", "请人吃饭用的餐桌", "销售合同在哪下载",
	"when does live chat open", "老板娘生日送什么灯", "can a person over 100kg use the chair",
	"is the customer service good", "stop calling me", "小孩一个人能睡上铺吗",
	"真人大小的抱枕有吗", "our staff canteen needs 40 chairs",
	"is it made by humans or robots", "我朋友推荐来的有优惠吗", "客服微信加不上怎么办",
	"人在外面能远程关灯吗", "转发给朋友有红包吗", "what does the manager's warranty cover",
	"找客服改地址要什么信息", "is there a person-sized mirror", "请电工要自己付钱吗",
	"will a person bring it up", "退款是人工打款还是自动", "真皮还是假皮",
	"operator of the crane", "送货小哥能帮忙装吗", "客服在群里吗",
	"need support for windows app", "人工挑拣的茶叶吗", "换人来取行吗",
	"is your staff multilingual", "让我看看尺寸图", "human readable label",
	"你们有经理推荐的款吗", "can two people sit on it", "领导办公桌多少钱",
	"do agents get commission", "do real people test the beds",
	"can I talk to the lamp through google", "what's the phone number of support",
	"connect the lamp with my phone", "is there a human model in the photo for scale",
	"manager's desk dimensions", "员工内购价", "will somebody be at the warehouse",
	"is this chair suitable for a heavy person", "transfer the guarantee to new owner",
	"找客服需要提供订单号吗", "will you phone me when it ships", "经理签字的发票章",
	"put the desk through a door 70cm wide", "someone sent me a broken lamp as a gift",
	"你好，请问退款多久到账", "谢谢，另外退款多久到账", "hi, where is my order",
	"thanks but what about the refund?", "ok so how do I return it", "好的，那怎么退货",
	"再见面的时候怎么称呼", "你好灯有货吗", "在吗我想退货", "asdfgh", "qwe", "退", "history",
	"hiking chair", "okra", "12345", "好看的灯", "好的灯有吗", "谢谢惠顾券怎么用",
	"are you open on sunday", "are you hiring", "who are you shipping with",
	"is this a real wood table", "bye bye baby lamp price", "what are you selling",
	"你是哪个快递", "是人造革吗", "你们是厂家吗", "机器人吸尘器多少钱", "no, it did not work",
	"yes but when", "ok the lamp is broken", "没有收到货", "可以退吗", "行李架有吗",
	"嗯那什么时候发货", "早上送货吗", "Thank you card available?", "人工智能音箱", "store",
	"sales",
};

static const char *const greeting_texts[] = {
	"你好", "您好！", "在吗？", "亲，在吗", "hi", "Hello there!", "hellooooo", "good morning",
	"早上好~", "哈喽 在不在", "hey, how are you?", "客服你好", "你好客服", "Hi team",
	"你好👋", "hey guys", "hi folks", "hello everyone",
};

static const char *const thanks_texts[] = {
	"谢谢", "谢谢你，辛苦了", "好的谢谢", "thanks!", "thank you so much for your help",
	"ok thx", "謝謝您", "Thanks a lot 😊", "嗯嗯，多谢", "no thanks, thank you",
};

static const char *const goodbye_texts[] = {
	"再见", "拜拜", "bye", "ok bye", "thanks, bye!", "好的，再见，谢谢", "goodnight",
	"没有了，谢谢", "that's all, thanks", "have a nice day", "没问题了",
};

static const char *const identity_texts[] = {
	"你是机器人吗", "你是真人吗？", "你是不是机器人啊", "你是人工吗", "请问是人工还是机器人",
	"是真人还是机器人", "你是谁", "你叫什么名字", "are you human?", "Are you a bot?",
	"are you a real person", "am I talking to a robot?", "who are you", "what are you?",
	"is this a bot", "r u a robot", "你好，你是AI吗", "你們是機器人嗎", "are you ChatGPT?",
	"is this a real person or a bot", "who am I talking to", "机器人？",
	"are you a person or a machine?", "hi, am I speaking with a human?", "你到底是人还是机器",
	"对面是真人吗", "你是ChatGPT吗", "你是人工智能吗",
};

static const char *const affirm_texts[] = {
	"好的", "嗯", "嗯嗯好的", "ok", "OK!", "got it", "收到", "明白了", "知道了", "yes",
	"sure, sounds good", "可以", "行", "哦哦", "I see", "不用了", "好的好的",
};

static const char *const empty_texts[] = {
	"", "   ", "？？？", "...", "😀😀", "👍", "!!!", "。", "——",
};

static const char *const angry_texts[] = {
	"你们就是骗子", "垃圾公司", "我要投诉", "我要打12315", "再不退款我就去消协投诉你们",
	"退钱！！！", "赶紧退款！！", "傻逼机器人", "曝光你们", "我要起诉你们", "什么破店",
	"气死我了", "太坑了", "服务太差了", "再也不会买了", "我已经找律师了", "不给退就差评",
	"你们忽悠人", "報警抓你們", "this is a scam", "You are scammers!", "I will sue you",
	"I'm going to contact my lawyer", "this is ridiculous", "worst company ever",
	"absolutely unacceptable", "I want my money back!!!", "REFUND ME NOW!!",
	"this bot is useless, it's a joke", "what the hell is wrong with you",
	"I'm filing a complaint with trading standards",
	"i will report you to the consumer protection agency", "you people are thieves",
	"this is fraud", "terrible service, never buying again", "fed up with this",
	"I'm extremely angry",
};

static const char *const calm_texts[] = {
	"怎么投诉", "投诉电话多少", "如何投诉快递员", "投诉多久有结果",
	"how do I file a complaint", "where can I make a complaint?",
	"what is your complaints procedure", "垃圾桶多少钱", "厨房垃圾袋有吗", "滚筒洗衣机能放吗",
	"我想告诉你们地址错了", "操作说明在哪", "报警器怎么装", "接到自称客服的电话是诈骗吗",
	"trash can price", "is the garbage bin recyclable",
	"sorry stupid question, how do i order", "how do you prevent fraud",
	"worst case how long does delivery take", "lawyer office chair discount", "怎么退款",
	"什么时候发货!",
};

static const char *const neutral_texts[] = {
	"请问多久发货", "退款多久到账", "where is my order", "你好",
	"how do I return a damaged item", "灯坏了怎么修", "do you ship to canada", "好不好安装",
	"快递几天到", "床垫硬吗", "is it hard to assemble",
};

static const char *const positive_texts[] = {
	"质量很好，非常满意", "谢谢你，帮大忙了", "great service, thank you", "I love this lamp",
	"沙发很舒服", "not bad at all", "一点都不贵，推荐", "works perfectly, very happy",
};

static const char *const negative_texts[] = {
	"质量太差，很失望", "不好用", "不满意", "等了好久还没到", "not happy with the chair",
	"I am disappointed", "the table wobbles and is scratched", "这灯不亮了，有问题",
	"味道难闻", "it doesn't work well", "没有想象中好",
};
/* clang-format on */

static const struct {
	Intent intent;
	const char *const *texts;
	gsize n_texts;
} intent_tables[] = {
#define TABLE(intent, texts)                       \
	{                                          \
		intent, texts, G_N_ELEMENTS(texts) \
	}
	TABLE(INTENT_PERSON, person_texts),	TABLE(INTENT_QUESTION, question_texts),
	TABLE(INTENT_GREETING, greeting_texts), TABLE(INTENT_THANKS, thanks_texts),
	TABLE(INTENT_GOODBYE, goodbye_texts),	TABLE(INTENT_IDENTITY, identity_texts),
	TABLE(INTENT_AFFIRM, affirm_texts),	TABLE(INTENT_EMPTY, empty_texts),
#undef TABLE
};

static Judgement judge(const char *text)
{
	g_autofree char *normal = text_normalise(text, -1);

	return intent_judge(normal);
}

/* How many of the texts are not judged so; each is named. */
static guint count_wrong(Intent intent, const char *const *texts, gsize n_texts)
{
	guint n_wrong = 0;

	for (gsize i = 0; i < n_texts; i++) {
		Intent got = judge(texts[i]).intent;

		if (got != intent) {
			g_test_message("'%s' is %s, expected %s", texts[i], intent_name(got),
				       intent_name(intent));
			n_wrong++;
		}
	}
	return n_wrong;
}

static gpointer judge_tables(gpointer data)
{
	guint n_wrong = 0;

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(intent_tables); i++)
		n_wrong += count_wrong(intent_tables[i].intent, intent_tables[i].texts,
				       intent_tables[i].n_texts);
	return GUINT_TO_POINTER(n_wrong);
}

/* Runs first, so that the threads meet while the rules are compiled. */
static void test_threads(void)
{
	GThread *threads[4];
	guint n_wrong = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("judge", judge_tables, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		n_wrong += GPOINTER_TO_UINT(g_thread_join(threads[i]));
	g_assert_cmpuint(n_wrong, ==, 0);
}

static void test_intents(gconstpointer data)
{
	gsize i = GPOINTER_TO_SIZE(data);
	guint n_wrong = count_wrong(intent_tables[i].intent, intent_tables[i].texts,
				    intent_tables[i].n_texts);

	g_assert_cmpuint(n_wrong, ==, 0);
}

/* sentiment < 0: any. */
static guint count_wrong_moods(gboolean angry, int sentiment, const char *const *texts,
			       gsize n_texts)
{
	guint n_wrong = 0;

	for (gsize i = 0; i < n_texts; i++) {
		Judgement got = judge(texts[i]);

		if (got.angry != angry || (sentiment >= 0 && (int)got.sentiment != sentiment)) {
			g_test_message("'%s' is %s%s", texts[i], sentiment_name(got.sentiment),
				       got.angry ? ", angry" : "");
			n_wrong++;
		}
	}
	return n_wrong;
}

static void test_moods(void)
{
	guint n_wrong = 0;

#define COUNT(angry, sentiment, texts) \
	count_wrong_moods(angry, sentiment, texts, G_N_ELEMENTS(texts))
	n_wrong += COUNT(TRUE, SENTIMENT_NEGATIVE, angry_texts);
	n_wrong += COUNT(FALSE, -1, calm_texts);
	n_wrong += COUNT(FALSE, SENTIMENT_NEUTRAL, neutral_texts);
	n_wrong += COUNT(FALSE, SENTIMENT_POSITIVE, positive_texts);
	n_wrong += COUNT(FALSE, SENTIMENT_NEGATIVE, negative_texts);
#undef COUNT
	g_assert_cmpuint(n_wrong, ==, 0);
}

/* ---- evaluation sets ---- */

typedef struct {
	guint n_hits, n_misses, n_alarms, n_others;
} Score;

static void score_add(Score *score, const char *text, gboolean wanted)
{
	gboolean got = judge(text).intent == INTENT_PERSON;

	if (got != wanted)
		g_test_message("%s: '%s'", wanted ? "missed" : "false alarm", text);
	if (wanted)
		*(got ? &score->n_hits : &score->n_misses) += 1;
	else
		*(got ? &score->n_alarms : &score->n_others) += 1;
}

static double score_recall(const Score *score)
{
	return (double)score->n_hits / (score->n_hits + score->n_misses);
}

static double score_false_rate(const Score *score)
{
	return (double)score->n_alarms / (score->n_alarms + score->n_others);
}

static void score_add_line(Score *score, const char *line)
{
	json_t *row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

	if (g_strcmp0(json_string_value(json_object_get(row, "part")), "tune") == 0)
		score_add(score, json_string_value(json_object_get(row, "text")),
			  json_is_true(json_object_get(row, "person")));
	json_decref(row);
}

/* Only the part that rules may be tuned on; the other half is for the evaluation alone. */
static void test_person_requests(void)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GError) error = NULL;
	Score score = {0};

	g_file_get_contents(ZHIYIN_SOURCE_DIR "/tests/eval/person_requests.jsonl", &text, NULL,
			    &error);
	g_assert_no_error(error);
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++)
		if (**line)
			score_add_line(&score, *line);
	g_assert_cmpuint(score.n_hits + score.n_misses, ==, 30);
	g_assert_cmpuint(score.n_alarms + score.n_others, ==, 20);
	g_assert_cmpfloat(score_recall(&score), >=, 0.95);
	g_assert_cmpfloat(score_false_rate(&score), <=, 0.05);
}

static gboolean has_handoff(const json_t *row)
{
	const json_t *intents = json_object_get(row, "intents");

	for (gsize i = 0; i < json_array_size(intents); i++)
		if (g_strcmp0(json_string_value(json_array_get(intents, i)), "handoff") == 0)
			return TRUE;
	return FALSE;
}

static void score_add_fold(Score *score, const char *folder, int fold)
{
	g_autofree char *path = g_strdup_printf("%s/fold%d.json", folder, fold);
	json_t *rows = json_load_file(path, 0, NULL);

	for (gsize i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		score_add(score, json_string_value(json_object_get(row, "text")), has_handoff(row));
	}
	json_decref(rows);
}

/* NLU++ (banking): wordings of strangers. Its label also covers mere complaints about the bot. */
static void test_handoffs(void)
{
	const char *root = g_getenv("ZHIYIN_EVAL_DATA");
	g_autofree char *folder = g_build_filename(
		root ? root : ZHIYIN_SOURCE_DIR "/../shared/data", "nlupp_banking", NULL);
	Score score = {0};

	if (!g_file_test(folder, G_FILE_TEST_IS_DIR)) {
		g_test_skip("nlupp_banking is not in the evaluation data (ZHIYIN_EVAL_DATA)");
		return;
	}
	for (int fold = 0; fold < 20; fold++)
		score_add_fold(&score, folder, fold);
	g_assert_cmpuint(score.n_hits + score.n_misses, ==, 65);
	g_assert_cmpfloat(score_recall(&score), >=, 0.9);
	g_assert_cmpfloat(score_false_rate(&score), <=, 0.002);
}

/* The question of a row, FALSE when the line does not begin one. */
static gboolean is_question_row(const char *line, char **ret_title)
{
	const char *end = strstr(line, "？,");

	end = end ? end : strstr(line, "?,");
	*ret_title = end ? g_strndup(line, (gsize)(end - line)) : NULL;
	return end != NULL;
}

/* Titles of the demo's knowledge are questions, "When are human agents available?" among them. */
static void test_knowledge(void)
{
	static const char *const files[] = {"faq.zh.csv", "faq.en.csv"};
	guint n_rows = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(ZHIYIN_SOURCE_DIR, "demo", files[i], NULL);
		g_autofree char *text = NULL;
		g_auto(GStrv) lines = NULL;
		g_autoptr(GError) error = NULL;

		g_file_get_contents(path, &text, NULL, &error);
		g_assert_no_error(error);
		lines = g_strsplit(text, "\n", -1);
		for (char **line = lines; *line; line++) {
			g_autofree char *title = NULL;

			if (!is_question_row(*line, &title))
				continue;
			g_assert_cmpstr(intent_name(judge(title).intent), ==, "question");
			n_rows++;
		}
	}
	g_assert_cmpuint(n_rows, >, 300);
}

/* ---- forms and hostile texts ---- */

static void test_plain(void)
{
	static const char *const rows[][2] = {
		{"", ";"},
		{"?!…", ";"},
		{"你好，转 人 工！", ";你好;转人工;"},
		{"i don't   want a-bot.", ";i dont want a bot;"},
		{"heeeelp pleaseee", ";help please;"},
		{"custmer servise represenative", ";customer service representative;"},
		{"tranfer me 2 an agnet", ";transfer me 2 an agent;"},
		{"managed customs transport", ";managed customs transport;"},
		{"agents connected speaking", ";agents connected speaking;"},
		{"10000 www 1000", ";10000 w 1000;"},
		{"找agent 谢谢", ";找agent谢谢;"},
		{"representativesrepresentatives", ";representativesrepresentatives;"},
		{"😀a😀", ";a;"},
		{"привет", ";привет;"},
		{"\xFF\xFE", ";"},
		{"转\xE4\xBA", ";转;"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *plain = intent_plain(rows[i][0]);

		g_assert_cmpstr(plain, ==, rows[i][1]);
	}
}

static void phrase_see(GHashTable *seen, const char *phrase, const char *meaning)
{
	const char *other = g_hash_table_lookup(seen, phrase);

	g_assert_cmpstr(phrase, !=, "");
	if (other && !g_str_equal(other, meaning))
		g_error("'%s' means %s and %s", phrase, other, meaning);
	g_hash_table_insert(seen, g_strdup(phrase), g_strdup(meaning));
}

/* One phrase has one meaning, else chance would choose. */
static void phrases_check(const char *const (*rows)[2], gsize n_rows)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	for (gsize i = 0; i < n_rows; i++) {
		g_auto(GStrv) phrases = g_strsplit(rows[i][1], "|", -1);

		for (char **phrase = phrases; *phrase; phrase++)
			phrase_see(seen, *phrase, rows[i][0]);
	}
}

static void test_phrases(void)
{
	static const char *const moods[][2] = {
#define MOOD(value, phrases) {#value, phrases},
#include "nlu/intent_mood.def"
	};
	static const char *const talks[][2] = {
#define TALK(kind, phrases) {#kind, phrases},
#include "nlu/intent_small_talk.def"
	};

	phrases_check(moods, G_N_ELEMENTS(moods));
	phrases_check(talks, G_N_ELEMENTS(talks));
}

/* Any bytes, of the characters that rules look for and of all others. */
static void test_noise(void)
{
	static const char *const pieces[] = {
		"转",	 "人工", "客服", "不要", "机器人", "a ",  "the ", "agent ",
		"talk ", "to ",	 "；",	 "！！", "😡",	   "'",	  "\xF0", "我",
		"is ",	 "bot ", "找",	 "你是", "垃圾",   "111", "eee",  "\xE4\xBD"};
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);

	for (int i = 0; i < 4000; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		int n = g_rand_int_range(rand, 0, 30);

		for (int k = 0; k < n; k++) {
			int piece = g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces));

			if (i % 3 == 0)
				g_string_append_c(text, (char)g_rand_int_range(rand, 1, 256));
			else
				g_string_append(text, pieces[piece]);
		}
		g_assert_cmpint(intent_judge(text->str).intent, <=, INTENT_EMPTY);
		g_assert_cmpint(judge(text->str).sentiment, <=, SENTIMENT_NEGATIVE);
	}
}

/* Beginnings of rules, over and over: a rule with an unbounded gap would need hours here. */
static void test_hostile(void)
{
	static const char *const pieces[] = {"转",
					     "要个",
					     "和你们",
					     "talk to ",
					     "a ",
					     "get me a ",
					     "i want to have someone ",
					     "no ",
					     "you ",
					     "please call me ",
					     "是",
					     ";我",
					     "。",
					     "is this ",
					     "的",
					     "a"};

	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		double began;

		while (text->len < 20000)
			g_string_append(text, pieces[i]);
		began = cpu_seconds();
		intent_judge(text->str);
		g_assert_cmpfloat(cpu_seconds() - began, <, 5);
	}
}

static void test_names(void)
{
	for (Intent intent = INTENT_QUESTION; intent <= INTENT_EMPTY; intent++)
		for (Intent other = INTENT_QUESTION; other < intent; other++)
			g_assert_cmpstr(intent_name(intent), !=, intent_name(other));
	g_assert_cmpstr(intent_name(INTENT_PERSON), ==, "person");
	g_assert_cmpstr(sentiment_name(SENTIMENT_NEGATIVE), ==, "negative");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nlu/intent/threads", test_threads);
	for (gsize i = 0; i < G_N_ELEMENTS(intent_tables); i++) {
		g_autofree char *path =
			g_strconcat("/nlu/intent/", intent_name(intent_tables[i].intent), NULL);

		g_test_add_data_func(path, GSIZE_TO_POINTER(i), test_intents);
	}
	g_test_add_func("/nlu/intent/moods", test_moods);
	g_test_add_func("/nlu/intent/person_requests", test_person_requests);
	g_test_add_func("/nlu/intent/handoffs", test_handoffs);
	g_test_add_func("/nlu/intent/knowledge", test_knowledge);
	g_test_add_func("/nlu/intent/plain", test_plain);
	g_test_add_func("/nlu/intent/phrases", test_phrases);
	g_test_add_func("/nlu/intent/noise", test_noise);
	g_test_add_func("/nlu/intent/hostile", test_hostile);
	g_test_add_func("/nlu/intent/names", test_names);
	return g_test_run();
}
