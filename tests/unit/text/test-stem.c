/* Porter2 against the results of the reference implementation (Snowball 3), several words for every suffix. */
#include "text/stem.h"

#include "support.h"

static void test_reference(void)
{
	static const char *const rows[][2] = {
		{"acnceling", "acncel"}, {"add", "add"}, {"allegedly", "alleg"}, {"apologist", "apolog"},
		{"apologize", "apolog"}, {"appearance", "appear"}, {"archaeologist", "archaeolog"},
		{"assitance", "assit"}, {"authenticate", "authent"}, {"awareness", "awar"},
		{"balance", "balanc"}, {"beeverycreative", "beeverycr"}, {"bellies", "belli"},
		{"blakely", "blake"}, {"boycotted", "boycot"}, {"by", "by"}, {"capitalization", "capit"},
		{"captivating", "captiv"}, {"cement", "cement"}, {"childreninneed", "childreninne"},
		{"communication", "communic"}, {"consciousness", "conscious"}, {"constance", "constanc"},
		{"controlling", "control"}, {"creed", "creed"}, {"cries", "cri"}, {"cry", "cri"},
		{"crying", "cri"}, {"davies", "davi"}, {"debunking", "debunk"}, {"decorative", "decor"},
		{"decreed", "decre"}, {"delicate", "delic"}, {"delivered", "deliv"},
		{"deliveries", "deliveri"}, {"delivery", "deliveri"}, {"dictator", "dictat"},
		{"direction", "direct"}, {"directive", "direct"}, {"disclosure", "disclosur"},
		{"discusses", "discuss"}, {"dispersion", "dispers"}, {"disputed", "disput"},
		{"donny", "donni"}, {"duplicate", "duplic"}, {"dying", "die"},
		{"effectiveness", "effect"}, {"egg", "egg"}, {"emergency", "emergenc"},
		{"engagement", "engag"}, {"enjoy", "enjoy"}, {"eradicate", "erad"}, {"failing", "fail"},
		{"falling", "fall"}, {"feasible", "feasibl"}, {"feedly", "feed"}, {"fidge", "fidg"},
		{"filing", "file"}, {"flexible", "flexibl"}, {"forcefully", "forc"},
		{"forgiveness", "forgiv"}, {"forrestville", "forrestvill"}, {"foxbusiness", "foxbusi"},
		{"fracknation", "fracknat"}, {"fuming", "fume"}, {"generalization", "general"},
		{"generously", "generous"}, {"geologist", "geolog"}, {"ginter", "ginter"},
		{"girly", "gir"}, {"glasses", "glass"}, {"gravitational", "gravit"}, {"greed", "greed"},
		{"guesses", "guess"}, {"handedly", "hand"}, {"hellllllll", "hellllllll"},
		{"historical", "histor"}, {"holler", "holler"}, {"homeowners", "homeown"},
		{"hope", "hope"}, {"hoping", "hope"}, {"hopping", "hop"}, {"implement", "implement"},
		{"impression", "impress"}, {"incursion", "incurs"}, {"indecision", "indecis"},
		{"informational", "inform"}, {"infringement", "infring"}, {"inning", "inning"},
		{"inspirational", "inspir"}, {"international", "internat"}, {"jeslser", "jeslser"},
		{"joints", "joint"}, {"journalism", "journal"}, {"kalli", "kalli"}, {"keely", "keeli"},
		{"lawndale", "lawndal"}, {"legislator", "legisl"}, {"location", "locat"},
		{"lying", "lie"}, {"magizoologist", "magizoolog"}, {"manager", "manag"},
		{"marginalize", "margin"}, {"maximize", "maxim"}, {"mcguiness", "mcguiness"},
		{"mechanism", "mechan"}, {"menzies", "menzi"}, {"mialli", "mialli"},
		{"mobilization", "mobil"}, {"mobilize", "mobil"}, {"motivational", "motiv"},
		{"movement", "movement"}, {"mudhill", "mudhil"}, {"multiplication", "multipl"},
		{"mulvey", "mulvey"}, {"negative", "negat"}, {"negligible", "neglig"},
		{"neurologist", "neurolog"}, {"news", "news"}, {"niall", "niall"}, {"notified", "notifi"},
		{"ooerator", "ooerat"}, {"opportunities", "opportun"}, {"organization", "organiz"},
		{"organizational", "organiz"}, {"pinnacles", "pinnacl"}, {"poetically", "poetic"},
		{"policies", "polici"}, {"policy", "polici"}, {"political", "polit"},
		{"poppies", "poppi"}, {"prerogative", "prerog"}, {"proceed", "proceed"},
		{"psychological", "psycholog"}, {"puritanical", "puritan"}, {"putative", "putat"},
		{"quedstion", "quedstion"}, {"racism", "racism"}, {"radical", "radic"},
		{"radicalization", "radic"}, {"rationalized", "ration"}, {"refund", "refund"},
		{"refunded", "refund"}, {"refunding", "refund"}, {"refunds", "refund"},
		{"reluctance", "reluct"}, {"replicate", "replic"}, {"reportedly", "report"},
		{"revolutionizing", "revolution"}, {"rfugly", "rfug"}, {"rocker", "rocker"},
		{"rossell", "rossel"}, {"rotator", "rotat"}, {"say", "say"}, {"scrutinize", "scrutin"},
		{"seemingly", "seem"}, {"shakers", "shaker"}, {"sicily", "sicili"}, {"skies", "sky"},
		{"sky", "sky"}, {"spectator", "spectat"}, {"speed", "speed"},
		{"sprightliness", "sprightli"}, {"stopfascism", "stopfasc"}, {"studied", "studi"},
		{"submission", "submiss"}, {"succeed", "succeed"}, {"sunglasses", "sunglass"},
		{"supposedly", "suppos"}, {"suprised", "supris"}, {"terrible", "terribl"},
		{"truthfulness", "truth"}, {"tuthill", "tuthil"}, {"undisputed", "undisput"},
		{"unified", "unifi"}, {"university", "universiti"}, {"unknowingly", "unknow"},
		{"unsatisfied", "unsatisfi"}, {"unsurprisingly", "unsurpris"}, {"valli", "valli"},
		{"vicepogi", "vicepogi"}, {"virtually", "virtual"}, {"visible", "visibl"},
		{"willingly", "will"}, {"witnesses", "wit"}, {"worried", "worri"},
		{"wrenchingly", "wrench"}, {"ya", "ya"}, {"yes", "yes"}, {"zionism", "zionism"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		char word[64];
		int n;

		g_strlcpy(word, rows[i][0], sizeof(word));
		n = text_stem(word, (int)strlen(word));
		word[n] = '\0';
		g_assert_cmpstr(word, ==, rows[i][1]);
	}
}

static void test_left_alone(void)
{
	static const char *const words[] = {"", "a", "is", "iphone15s", "кошки", "Refunds", "o'brien's"};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		char word[64];
		int n = (int)strlen(words[i]);

		g_strlcpy(word, words[i], sizeof(word));
		g_assert_cmpint(text_stem(word, n), ==, n);
		g_assert_cmpstr(word, ==, words[i]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/stem/reference", test_reference);
	g_test_add_func("/stem/left-alone", test_left_alone);
	return g_test_run();
}
