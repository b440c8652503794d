/* Surnames, characters of given names and words that are no names; own lists. Private to value_names.c. */
#pragma once

/* Of a class of an expression: the surnames of one character; those of them that are seldom a word. */
#define SURNAME_ANY                                                                                                                            \
	"王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡" \
	"贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"                                                                                     \
	"范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷" \
	"施陶洪翟安颜倪严牛温芦季俞章鲁葛"                                                                                     \
	"伍韦申尤毕聂丛焦向柳邢路岳齐梅莫庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游" \
	"阳裴席卫查屈鲍位覃霍翁隋植甘景薄"                                                                                     \
	"单包司柏宁柯阮桂闵解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来苟全褚廉简娄盖符奚" \
	"木穆党燕郎邸冀谈姬屠连郜晏栾郁商"                                                                                     \
	"蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠桑荆谌银" \
	"扬明沙伏岑习胥保和蔺"
#define SURNAME_PLAIN                                                                                                                          \
	"王李张刘陈杨赵吴徐孙胡朱郭罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余" \
	"潘杜戴夏钟汪姜范姚谭廖邹熊陆郝孔"                                                                                     \
	"崔康毛邱秦史顾侯邵孟龙段雷钱汤尹黎乔贺赖龚庞樊兰殷施陶洪翟颜倪严牛芦季俞章鲁葛伍韦申尤毕" \
	"聂丛焦柳邢岳齐梅莫庄辛祝涂谷祁舒"                                                                                     \
	"耿牟卜詹苗凌费纪靳盛童欧甄裴卫屈鲍覃霍翁隋景薄司柏宁柯阮桂闵柴冉辜吉饶刁瞿戚丘滕晋苑邬臧" \
	"畅宫苟褚廉娄奚穆燕郎邸冀姬屠郜晏"                                                                                     \
	"栾郁蒙喻揭窦迟敖糜鄢卓仇艾蓝巩稽井仲虞卞竺冼衣楚佟栗匡宗巫鞠桑荆谌伏岑习胥蔺"
#define SURNAME_TWO                                                                                                                  \
	"(?:欧阳|上官|司马|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|司徒|端木|长孙|宇文|南宫|申屠|" \
	"轩辕)"
#define GIVEN                                                                                                                                  \
	"小三四星光阳君曦沐晗梅伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红玲芬燕彬凤洁" \
	"梅琳素云莲真环雪荣爱妹"                                                                                                    \
	"香月莺媛瑞凡佳嘉琼勤珍贞莉兰翠雅"                                                                                     \
	"芝欣婷雨桐梓涵轩浩宇子怡诗梦琪思颖露瑶婉娴瑾倩婕馨妍茜秋珊莎锦黛青美卿聪澜纯毓悦昭冰爽琬" \
	"茗羽希宁飘育滢馥筠柔竹霭凝晓欢霄"                                                                                     \
	"枫芸菲寒伊亚宜可姬舒影荔枝丹蓓纨仪荷文辉建国志力俊峰海山仁波义兴良健诚博宏林龙昊然鹏旭天" \
	"泽宝庆斌栋亮东新炜晨辰达安岩中茂"                                                                                     \
	"进有坚和彪祥才发武利清飞富顺信邦承乐绍功松善厚裕河哲江浚楠榕风航弘学康凯立春雷冬萱睿豪铭" \
	"瀚皓煜霖奕诺妮媚蕊彤蕾婧璐雯薇晴"                                                                                     \
	"岚蓉韵倪韬钊钧骏鑫淼焱毅炳铮耀若楚逸灵均彦廷森杨柏越翔勋朗琦珂岳卓昌盛恒晟朋逢望世元丰德" \
	"全润来成城震振奇贵福生胜会长雄琛"                                                                                     \
	"钰娅寻妙仲孟叔季"

/* Behind a name that they follow. */
#define TITLE_HAN                                                                                                                \
	"(?:先生|女士|小姐|太太|经理|总监|总裁|老师|医生|大夫|主任|主管|老板|工程师|律师|教授|" \
	"博士|院长|校长|部长|处长|科长|局长|董事长|董事|会计|秘书|师傅|阿姨|大哥|大姐|总(?!["    \
	"共计是之体部有会])|董(?!事))"
#define TITLE_LATIN                                                                              \
	"(?:[Mm]r|[Mm]rs|[Mm]s|[Mm]iss|[Dd]r|[Pp]rof|[Ss]ir|[Mm]adam|Mx|MR|MRS|MS|DR|Professor|" \
	"Doctor)\\b\\.?"

/* Words that begin with a capital letter and are no names: at the beginning of sentences, of time. */
#define PLAIN_WORDS                                                                                \
	"a about above after again all also although always am an and another any anyone "         \
	"anything "                                                                                \
	"apologies are around as ask at back be because been before best better between both "     \
	"bring "                                                                                   \
	"but buy by bye call can cancel change check cheers choose click come compare confirm "    \
	"congratulations contact cool could date dear delivery did do does done don each email "   \
	"enter even every everyone everything excellent excuse explain fax few find fine first "   \
	"follow for from get give go good goodbye got great had happy has have having he hello "   \
	"help "                                                                                    \
	"her here hey hi him his home hope hopefully how however i i'd i'll i'm i've if in info "  \
	"instead into is isn it it's its just keep kindly last later least let let's like look "   \
	"looking made make many may maybe me meet might more morning most mr mrs ms much my name " \
	"need "                                                                                    \
	"never new next nice no none not nothing now number of off ok okay on once one only open " \
	"or "                                                                                      \
	"order other our out over own pay personal phone place please pls plus possible price "    \
	"probably product put question quick quote read really recently regarding regards reply "  \
	"return right said same say see send sent several she should show since sir sincerely so " \
	"some someone something sorry still stop such sure take tell thank thanks that that's "    \
	"the "                                                                                     \
	"their them then there there's these they thing this those three through title to today "  \
	"tomorrow tonight too track tried true try two under unfortunately until up update upon "  \
	"us "                                                                                      \
	"use very visit wait want was we we'd we'll we're we've website well went were what "      \
	"what's "                                                                                  \
	"when where where's which while who who's whom whose why will wish with within without "   \
	"won't "                                                                                   \
	"work would wow write wrong yeah yes yesterday yet you you'll you're your yours monday "   \
	"tuesday wednesday thursday friday saturday sunday january february march april june "     \
	"july "                                                                                    \
	"august september october november december christmas easter english chinese am pm vip "   \
	"usd "                                                                                     \
	"rmb cny eur gbp id ip url pdf faq app sms crm api ceo cto cfo hr it pc tv dvd usb wifi "  \
	"gps "                                                                                     \
	"sku pos q1 q2 q3 q4 asap fyi eta etd fob cif moq oem po rfq rma street st road rd "       \
	"avenue ave "                                                                              \
	"suite apt box unit address customer order orders invoice payment refund account card "    \
	"credit "                                                                                  \
	"e-mail mobile tel during despite earlier either else finally further given hence "        \
	"honestly "                                                                                \
	"indeed inside meanwhile moreover near nearly neither nobody nor often otherwise overall " \
	"visa mastercard amex paypal alipay wechat google amazon online bluetooth windows "        \
	"android linux "                                                                           \
	"perhaps quite rather seems somewhere sometimes soon suddenly therefore though thus "      \
	"together "                                                                                \
	"toward unless unlike usually via whatever whenever wherever whether"

/* What a firm's name ends with. */
#define FIRM_LATIN                                                                             \
	"(?:Inc|Co\\.?,? "                                                                     \
	"?Ltd|Ltd|LLC|LLP|Corp|Corporation|Co|Company|Group|GmbH|AG|Plc|PLC|Limited|Holdings|" \
	"Technologies|Technology|Solutions|Systems|Industries|Partners|Associates|Bank|"       \
	"University|"                                                                          \
	"Logistics|Trading|Foods|Motors|Airlines|Stores|Services|Consulting|Labs)\\b\\.?"
#define FIRM_HAN                                                                                                              \
	"(?:股份有限公司|有限责任公司|有限公司|分公司|子公司|总公司|公司|集团|事务所|大学|" \
	"研究院|研究所|商贸行|银行)"

/* Given names that are seldom anything else: known in lower case and at the beginning of a sentence. */
#define GIVEN_LATIN                                                                                \
	"aaron abigail adam adrian alan albert alex alexander alice alison amanda amber amy "      \
	"andrea "                                                                                  \
	"andrew angela anita ann anna anne anthony antonio arthur ashley barbara benjamin "        \
	"bernard "                                                                                 \
	"betty beth brandon brenda brian bruce bryan carl carlos carol caroline catherine "        \
	"charles "                                                                                 \
	"charlotte cheryl chris christian christina christine christopher cindy claire craig "     \
	"cynthia "                                                                                 \
	"daniel david deborah denise dennis diana diane donald donna dorothy douglas edward "      \
	"elena "                                                                                   \
	"elizabeth ella emily emma eric erin ethan eva evelyn fatima fiona frances francis frank " \
	"fred "                                                                                    \
	"gabriel gary george gerald gloria gordon graham greg gregory hannah harold harry "        \
	"heather "                                                                                 \
	"helen henry howard ian isabella ivan jack jacob jacqueline james jamie jane janet "       \
	"janice "                                                                                  \
	"jasmine jason jean jeff jeffrey jennifer jeremy jerry jessica jill jim joan joe john "    \
	"jonathan "                                                                                \
	"jordan jose joseph joshua joyce juan judith judy julia julie justin karen kate "          \
	"katherine "                                                                               \
	"kathleen kathryn keith kelly kenneth kevin kimberly larry laura lauren lawrence leo "     \
	"leslie "                                                                                  \
	"lily linda lisa louis louise lucas lucy luis lynn margaret maria marie marilyn martha "   \
	"martin "                                                                                  \
	"mary matthew megan melissa michael michelle mike mohamed mohammed monica nancy natalie "  \
	"nathan nicholas nicole noah nora olga oliver olivia oscar pamela patricia patrick paul "  \
	"paula "                                                                                   \
	"peter philip phillip rachel ralph raymond rebecca richard robert roger ronald rosa "      \
	"russell "                                                                                 \
	"ruth ryan sam samantha samuel sandra sara sarah scott sean sharon shirley sofia sophia "  \
	"sophie "                                                                                  \
	"stanley stephanie stephen steve steven susan teresa terry theresa thomas timothy tina "   \
	"todd "                                                                                    \
	"tom tony tracy tyler vanessa victor victoria vincent virginia walter wayne wendy "        \
	"william zoe"
