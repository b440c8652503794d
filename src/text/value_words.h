/* Pieces of the expressions of values.def. Private to values.c. */
#pragma once

#define HAN_NUMBER "[零〇一二两三四五六七八九十百千万亿]+"
#define DIGITS "(?<![0-9])(?<![0-9][.,])(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\\.[0-9]{1,6})?"
/* 1.200,50 as the continent writes it. */
#define EURO_DIGITS "(?<![0-9])(?<![0-9][.,])[0-9]{1,3}(?:\\.[0-9]{3})*,[0-9]{2}(?![0-9])"
#define NUMBER_WORD                                                                            \
	"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|" \
	"fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|" \
	"eighty|ninety|hundred|thousand|million)"
#define WORD_NUMBER                                                                         \
	"(?:\\b(?:(?:a|half a|a couple(?: of)?) (?=hundred|thousand|million))?" NUMBER_WORD \
	"(?:(?: and |[ -])" NUMBER_WORD "){0,6}\\b)"
#define NUMBER                                                                              \
	"(?:" DIGITS                                                                        \
	"(?: ?(?:[百千万亿]+|(?:hundred|thousand|million)\\b|[kwm](?![a-z])))?|" HAN_NUMBER \
	"|" WORD_NUMBER ")"
#define SMALL "(?:[0-9]{1,2}|[零〇一二两三四五六七八九十]{1,3})"
#define SMALL_WORD "(?:[0-9]{1,3}|" HAN_NUMBER "|an?|" WORD_NUMBER "|a couple(?: of)?|a few)"

#define MONTH                                                                                  \
	"(?<mon>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|" \
	"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\b\\.?"
#define WEEKDAY                                                                                   \
	"(?<wd>mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|" \
	"sat(?:urday)?|sun(?:day)?)\\b"
#define NTH                                                                                    \
	"(?<d>[0-3]?[0-9](?:st|nd|rd|th)?|(?:twenty|thirty)[ -]?(?:first|second|third|fourth|" \
	"fifth|sixth|seventh|eighth|ninth)|first|second|third|fourth|fifth|sixth|seventh|"     \
	"eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|"       \
	"seventeenth|eighteenth|nineteenth|twentieth|thirtieth)\\b"
#define YEAR "(?<y>(?:19|20)[0-9]{2})\\b"
#define OPTIONAL_WEEKDAY \
	"(?:\\b(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:day)?\\.?,? (?:the )?)?"
/* 今晚 is a day; what follows it is in its evening. */
#define DAY_PART                                                                                                  \
	"(?:(?<part>凌晨|清晨|早上|早晨|上午|中午|下午|午后|傍晚|晚上|夜里|夜晚|半夜)|" \
	"(?<=(?<part>[今明后昨][晚早])))"
#define HALF_DAY "(?<half>a\\.?m\\b\\.?|p\\.?m\\b\\.?)"
/* Behind an English time; "tonight" is a day, too, and stays one. */
#define DAY_TIME                                                             \
	"(?: ?(?:o'? ?clock))?(?:ish\\b| ish\\b)?(?: (?<part>(?:in the |at " \
	")?(?:morning|afternoon|evening|"                                    \
	"night))\\b|(?= (?<part>tonight|this (?:morning|afternoon|evening))\\b))?"

/* People by what they are to the writer, and several of them: "me, my wife and 2 kids". */
#define KIN                                                                                        \
	"(?:(?:my|his|her|their|the|our|an?) )?(?:" NUMBER                                         \
	" )?(?:other )?(?:(?!and\\b|for\\b)[a-z]+ )?"                                              \
	"(?:wife|husband|partner|mom|mum|mother|dad|father|sons?|daughters?|child|children|kids?|" \
	"friends?|brothers?|sisters?|boss|colleagues?|girlfriend|boyfriend|spouse|bab(?:y|ies)|"   \
	"coworkers?|grandm\\w+|grandf\\w+|man|woman|men|women|fianc\\w+|people|person|others?|"    \
	"adults?|guests?|couples?|parents?|aunts?|uncles?|nephews?|nieces?|cousins?|siblings?|"    \
	"seniors?|ladies|"                                                                         \
	"co-workers?|teenagers?|toddlers?|infants?|diners?)"
#define RELATIVE "(?:me|myself|us|" KIN "|" NUMBER "(?! ?[ap]\\.?m))\\b"
#define AND_RELATIVE "(?: ?, and | ?, | and | plus | & | with )" RELATIVE
#define RELATIVES RELATIVE "(?:" AND_RELATIVE "){1,5}"
/* "My wife and I have ...", but not "for 2 people and I need ...". */
#define AND_I                                                                   \
	KIN "\\b(?:" AND_RELATIVE                                               \
	    "){0,5}(?<!people|person|guest|guests|adult|adults|seniors|diners)" \
	    "(?:,? and| plus| &) i\\b(?!')"

/* What Chinese counts things with. */
#define MEASURE                                                                                                                \
	"(?<unit>个(?!月|小时|星期|礼拜|工作日|钟头|多月)|件|份|条|张|台|套|款|项|只|盒|瓶|袋|箱|" \
	"双|"                                                                                                                 \
	"本|把|打(?!折)|包|桶|罐|支|辆|部|块(?!钱)|斤|公斤|千克|克|吨|升|毫升|米|平米|平方米|"     \
	"卷|捆|批|副|对|扇|棵|朵|束|串|粒|片|板|架|匹|头|车|吨|组|枚|根|幅|座|间|套间|盘|碗|杯|"  \
	"听)"
#define UNIT_EN                                                                                \
	"(?<unit>dozens?|boxes|box|pieces?|pcs|units?|sets?|pairs?|bottles?|bags?|packs?|"     \
	"packets?|cartons?|cases?|crates?|kg|kilos?|kilograms?|grams?|lbs?|tons?|tonnes?|"     \
	"litres?|liters?|metres?|meters?|rolls?|sheets?|copies|licen[cs]es|seats|cans?|cups?|" \
	"pallets?|barrels?|reams?|bundles?|items?)\\b"

#define STREET_WORD                                                                                \
	"(?:streets?|st|roads?|rd|avenues?|ave|boulevard|blvd|lane|ln|drive|dr|court|ct|place|pl|" \
	"squares?|sq|way|terrace|close|crescent|highway|hwy|parkway|pkwy|broadway|"                \
	"(?-i:Gardens|Grove|Mews|Row|Walk|Hill|Park|Green|Loop|Circle|Trail|Quay|Wharf|Parade))"   \
	"\\b\\.?(?: (?:(?:north|south|east|west)\\b|(?-i:[NSEW]{1,2}|Central)\\b)(?!,? "           \
	"[a-z]{2}\\b [0-9]{4}))?"
#define US_STATE                                                                                 \
	"(?-i:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|" \
	"RI|"                                                                                    \
	"S[CD]|T[NX]|UT|V[AT]|W[AIVY])\\b"
/* What ends an address: 10118 behind a state, NW1 6XE, M5K 1A1 behind a province, NSW 2000. */
#define POSTCODE                                                                             \
	"(?:[a-z]{2},? [0-9]{5}(?:-[0-9]{4})?|[a-z]{1,2}[0-9][0-9a-z]? ?[0-9][a-z]{2}|"      \
	"(?:[a-z]{2},? )?[a-z][0-9][a-z] ?[0-9][a-z][0-9]|(?:nsw|vic|qld|act|tas|wa|sa|nt) " \
	"[0-9]{4})"

#define SEPARATOR "[ .-]?"
/* International; Chinese mobile; area code (also in brackets) and number; five and six digits
 * (British mobile); North American and Chinese service numbers. */
#define PHONE                                                                                     \
	"(?<![0-9a-z])(?<![0-9][.-])(?:"                                                          \
	"(?:\\+|00(?=[1-9]))[0-9]{1,3}[ -]?(?:\\(?[0-9]{1,4}\\)?[ -]?){2,5}[0-9]{2,4}|"           \
	"(?:86[ -]?)?1[3-9][0-9]" SEPARATOR "[0-9]{4}" SEPARATOR "[0-9]{4}|"                      \
	"(?:(?<![0-9] )0[0-9]{2,3}[ -]?|\\(0[0-9]{2,3}\\)[ -]?)[0-9]{3,4}[ -]?[0-9]{4}"           \
	"(?![ -][0-9])|"                                                                          \
	"(?<![0-9] )0[0-9]{4}[ -]?[0-9]{6}|"                                                      \
	"(?<![0-9] )(?:\\([2-9][0-9]{2}\\) ?|[2-9][0-9]{2}[ -])[0-9]{3}[ -][0-9]{4}(?![ -][0-9])" \
	")(?![0-9a-z]|[.,][0-9])"
