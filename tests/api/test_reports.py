"""The report on what customers say, through the real server: every number is counted once more here, and opened as the list behind it."""
import datetime
import fractions
import io
import math
import random
import sqlite3
import zipfile
import zoneinfo

import pytest
from conftest import ADMIN, PASSWORD, Server, client, make_key, make_store, until

MOODS = ("positive", "neutral", "negative")
THEMES = ("快递一直没有到，快递员也不接电话，单号{n}", "优惠券用不了，提示已过期，第{n}次了，电话13812345678", "the mattress smells, mattress number {n}, I am Maya Ellison",
          "谢谢你们，第{n}次")
INTENTS = ("delivery", "price", "product", "thanks")
ZONE = "Asia/Shanghai"


def days_ago(n, hour=12):
    """Milliseconds of an hour of that day in the organisation's time zone."""
    day = datetime.datetime.now(zoneinfo.ZoneInfo(ZONE)).date() - datetime.timedelta(days=n)
    return int(datetime.datetime.combine(day, datetime.time(hour), zoneinfo.ZoneInfo(ZONE)).timestamp() * 1000)


class Shop:
    """Messages of four themes over 28 days, moods and days as drawn; what was judged is put right by the corrections' columns."""

    def __init__(self, path):
        self.server = Server(make_store(path), "--model", "none", "--encoder", "none", env={"ZHIYIN_JUDGE": "yes"}).start()
        self.key = make_key(path)
        self.staff = client(self.server)
        self.staff.post("/api/v1/session", json={"email": ADMIN, "password": PASSWORD})
        assert self.staff.patch("/api/v1/organisation", json={"time_zone": ZONE}).status_code == 200
        self.rows = []
        draw = random.Random(7)
        with client(self.server, self.key) as program, client(self.server) as visitor:
            chats = [("api", program, {}), ("web", visitor, None)]
            self.chats = []
            for channel, http, headers in chats:
                made = http.post("/api/v1/conversations", json={}).json()
                path_of = f"/api/v1/conversations/{made['id']}"
                self.chats.append((channel, made["id"]))
                http.post(path_of + "/contact", json={"name": "Maya Ellison", "email": f"maya.{channel}@mail.example"}, headers=headers or {"Authorization": f"Bearer {made['token']}"})
            for n in range(120):
                theme = draw.choices(range(4), (4, 3, 3, 2))[0]
                channel, chat = self.chats[draw.random() < .3]
                said = program.post(f"/api/v1/conversations/{chat}/messages", json={"text": THEMES[theme].format(n=n), "role": "customer"})
                assert said.status_code == 201, said.text
                ago = draw.randrange(14) if draw.random() < .6 else draw.randrange(14, 28)
                bad = .8 if theme == 0 and ago < 14 else .3
                self.rows.append({"id": said.json()["message"]["id"], "theme": theme, "channel": channel, "ago": ago, "intent": INTENTS[theme],
                                  "mood": "negative" if draw.random() < bad else draw.choice(MOODS[:2]), "urgent": draw.random() < .1})
        until(lambda: sum(len(self.staff.get(f"/api/v1/conversations/{chat}/judgements").json()["items"]) for _, chat in self.chats) == len(self.rows), 90)
        with sqlite3.connect(path / "zhiyin.db", timeout=30) as db:
            for row in self.rows:
                db.execute("UPDATE message_judgements SET at = ?, corrected_mood = ?, corrected_intent = ?, urgent = ? WHERE message_id = ?",
                           (days_ago(row["ago"]), row["mood"], row["intent"], row["urgent"], row["id"]))
        db.close()

    def report(self, **query):
        answer = self.staff.get("/api/v1/reports/voice", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def behind(self, **query):
        answer = self.staff.get("/api/v1/reports/voice/messages", params={"page_size": 200, **query})
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["n"] == len(found["items"])
        return {item["message_id"] for item in found["items"]}

    def counted(self, **wanted):
        return [row for row in self.rows if all(row[key] == value for key, value in wanted.items())]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    shop = Shop(tmp_path_factory.mktemp("reports") / "data")
    yield shop
    shop.staff.close()
    assert shop.server.stop() == 0 and shop.server.crashes() == []


def p_value(k, n, l, m):
    """Of two shares, as the header says: z-test, or Fisher's exact test in fractions where a cell expects fewer than five."""
    s, all_ = k + l, n + m
    if not n or not m or s in (0, all_):
        return 1
    if min(n, m) * min(s, all_ - s) / all_ < 5:
        chance = [fractions.Fraction(math.comb(n, i) * math.comb(m, s - i), math.comb(all_, s)) for i in range(max(0, s - m), min(s, n) + 1)]
        return float(sum(each for each in chance if each <= chance[k - max(0, s - m)]))
    pooled = s / all_
    return math.erfc(abs(k / n - l / m) / math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)) / math.sqrt(2))


def holm(ps):
    order, adjusted, before = sorted(range(len(ps)), key=ps.__getitem__), list(ps), 0
    for rank, i in enumerate(order):
        before = adjusted[i] = max(before, min(1, (len(ps) - rank) * ps[i]))
    return adjusted


def expect_row(row, k, n, l, m, p):
    assert (row["n"], row["n_before"]) == (k, l)
    assert row["share"] == pytest.approx(k / n) and row["share_before"] == pytest.approx(l / m) and row["p"] == pytest.approx(p)
    assert row["change"] == ("none" if p >= .05 else "up" if k / n > l / m else "down")


@pytest.mark.parametrize("channel", [None, "api", "web"])
def test_counts_shares_and_changes(shop, channel):
    rows = [row for row in shop.rows if channel in (None, row["channel"])]
    now, before = [r for r in rows if r["ago"] < 14], [r for r in rows if r["ago"] >= 14]
    report = shop.report(days=14, **({"channel": channel} if channel else {}))
    assert (report["n"], report["n_before"], report["days"], report["time_zone"]) == (len(now), len(before), 14, ZONE)
    assert sorted(report["channels"]) == ["api", "web"]
    for kind, words in (("mood", MOODS), ("intent", sorted({r["intent"] for r in rows}))):
        pairs = [(sum(r[kind] == w for r in now), sum(r[kind] == w for r in before)) for w in words]
        ps = holm([p_value(k, len(now), l, len(before)) for k, l in pairs])
        found = {row[kind]: row for row in report[kind + "s"]}
        assert set(found) == set(words)
        for word, (k, l), p in zip(words, pairs, ps):
            expect_row(found[word], k, len(now), l, len(before), p)
    for row in report["intents"]:
        assert row["negative"] == sum(r["intent"] == row["intent"] and r["mood"] == "negative" for r in now)
    assert report["urgent"]["n"] == sum(r["urgent"] for r in now)


def test_aspects_are_counted_in_their_own_moods(shop):
    told = {}  # message: {aspect: mood}, as stands beside its conversation
    for _, chat in shop.chats:
        for each in shop.staff.get(f"/api/v1/conversations/{chat}/facts").json()["aspects"]:
            told.setdefault(each["message_id"], {})[each["aspect"]] = each["mood"]
    now, before = [r for r in shop.rows if r["ago"] < 14], [r for r in shop.rows if r["ago"] >= 14]
    report = shop.report(days=14)
    names = {name for moods in told.values() for name in moods}
    assert {"delivery", "price"} <= names == {row["aspect"] for row in report["aspects"]} and report["aspect"] is None
    ps = dict(zip(sorted(names), holm([p_value(*(f(name) for f in (
        lambda a: sum(a in told.get(r["id"], {}) for r in now), lambda a: len(now), lambda a: sum(a in told.get(r["id"], {}) for r in before), lambda a: len(before))))
        for name in sorted(names)])))
    for row in report["aspects"]:
        name = row["aspect"]
        has = [[r["id"] for r in part if name in told.get(r["id"], {})] for part in (now, before)]
        expect_row(row, len(has[0]), len(now), len(has[1]), len(before), ps[name])
        for mood in ("positive", "negative"):
            ids = {i for i in has[0] if told[i][name] == mood}
            assert row[mood] == len(ids) and shop.behind(days=14, aspect=name, aspect_mood=mood) == ids
        only = shop.report(days=14, aspect=name)  # the whole report of messages that name it
        assert (only["n"], only["n_before"], only["aspect"]) == (len(has[0]), len(has[1]), name)
        assert shop.behind(days=14, aspect=name) == set(has[0])
    assert shop.staff.get("/api/v1/reports/voice", params={"aspect": "weather"}).status_code == 400


def test_per_day_and_per_week(shop):
    zone = zoneinfo.ZoneInfo(ZONE)
    today = datetime.datetime.now(zone).date()
    report = shop.report(days=14)
    assert report["step"] == "day" and len(report["steps"]) == 14
    for ago, step in zip(range(13, -1, -1), report["steps"]):
        assert step["from"] == step["to"] == str(today - datetime.timedelta(days=ago))
        assert [step[mood] for mood in MOODS] == [len(shop.counted(ago=ago, mood=mood)) for mood in MOODS]
    first = today - datetime.timedelta(days=39)
    weeks = shop.report(**{"from": str(first), "to": str(today)})
    assert weeks["step"] == "week" and len(weeks["steps"]) == 6 and weeks["n"] == len(shop.rows)
    assert sum(step[mood] for step in weeks["steps"] for mood in MOODS) == len(shop.rows)


def test_every_number_can_be_opened(shop):
    report = shop.report(days=14)
    now = [r for r in shop.rows if r["ago"] < 14]
    for mood in MOODS:
        assert shop.behind(days=14, mood=mood) == {r["id"] for r in now if r["mood"] == mood}
        assert shop.behind(days=14, mood=mood, part="before") == {r["id"] for r in shop.rows if r["ago"] >= 14 and r["mood"] == mood}
    for row in report["intents"]:
        assert len(shop.behind(days=14, intent=row["intent"], mood="negative")) == row["negative"]
        assert len(shop.behind(days=14, intent=row["intent"], part="before")) == row["n_before"]
    assert shop.behind(days=14, urgent="true") == {r["id"] for r in now if r["urgent"]}
    for place, topic in enumerate(report["topics"]):
        assert len(shop.behind(days=14, topic=place)) == topic["n"]
        assert len(shop.behind(days=14, topic=place, mood="negative", part="before")) == topic["negative_before"]
    pages, token = [], None
    while token or not pages:
        page = shop.staff.get("/api/v1/reports/voice/messages", params={"days": 14, "page_size": 20, **({"page_token": token} if token else {})}).json()
        pages, token = pages + [item["message_id"] for item in page["items"]], page["next_page_token"]
    assert len(pages) == len(set(pages)) == len(now)


def test_topics_are_the_themes(shop):
    report = shop.report(days=14)
    of_theme = {theme: {r["id"] for r in shop.rows if r["theme"] == theme and r["ago"] < 14} for theme in range(4)}
    assert report["n_read"] == sum(len(of_theme[theme]) for theme in range(3))  # thanks are no topic
    assert len(report["topics"]) == 3
    for theme, word in enumerate(("快递", "优惠", "mattress")):
        (place,) = [i for i, topic in enumerate(report["topics"]) if word in " ".join(topic["words"])]
        assert shop.behind(days=14, topic=place) == of_theme[theme]
        topic = report["topics"][place]
        negative = [sum(r["mood"] == "negative" and r["theme"] == theme for r in shop.rows if (r["ago"] >= 14) == part) for part in (False, True)]
        assert [topic["negative"], topic["negative_before"]] == negative
        growth = (negative[0] + 1) / (report["n_read"] + 2) / ((negative[1] + 1) / (report["n_read_before"] + 2))
        assert topic["growth"] == pytest.approx(growth) and topic["score"] == pytest.approx(negative[0] * growth)
    scores = [report["topics"][i]["score"] for i in report["improve"]]
    assert scores == sorted(scores, reverse=True) and "快递" in " ".join(report["topics"][report["improve"][0]]["words"])
    assert shop.report(days=14) == report  # the same again, from what is kept


def test_quotes_hide_who_it_is(shop):
    report = shop.report(days=14)
    quotes = [quote for topic in report["topics"] for quote in topic["quotes"]]
    ids = {r["id"] for r in shop.rows if r["ago"] < 14}
    assert quotes and all(quote["message_id"] in ids for quote in quotes)
    assert not {"maya", "ellison"} & {word for topic in report["topics"] for word in topic["words"]}
    said = "\n".join(quote["text"] for quote in quotes)
    assert "13812345678" not in said and "Maya" not in said and "[PHONE_1]" in said and "[NAME_1]" in said


def test_the_table_holds_the_numbers(shop):
    answer = shop.staff.get("/api/v1/reports/voice/table", params={"days": 14, "language": "zh"})
    assert answer.status_code == 200 and "voice.xlsx" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode() + "".join(book.read(n).decode() for n in book.namelist() if "sharedStrings" in n)
    report = shop.report(days=14)
    assert all(word in sheet for word in ("话题", "优先改进", "方面", "物流")) and f"<v>{report['n']}</v>" in sheet
    for topic in report["topics"]:
        assert " · ".join(topic["words"]) in sheet


def test_only_what_one_may_read_counts(shop):
    rights = {"*": {"read": "own", "create": "own", "update": "own"}}
    assert shop.staff.post("/api/v1/roles", json={"name": "own_only", "rights": rights}).status_code == 201
    invited = shop.staff.post("/api/v1/users", json={"email": "lin@qimu.example", "name": "Lin", "role": "own_only"})
    assert invited.status_code == 201, invited.text
    assert client(shop.server).post("/api/v1/users/accept", json={"token": invited.json()["token"], "password": PASSWORD}).status_code == 200
    (_, api_chat), (_, web_chat) = shop.chats
    assert shop.staff.post(f"/api/v1/conversations/{api_chat}/take", json={"force": True}).status_code == 200
    web = [r for r in shop.rows if r["channel"] == "web" and r["ago"] < 14]
    with client(shop.server) as lin:
        lin.post("/api/v1/session", json={"email": "lin@qimu.example", "password": PASSWORD})
        report = lin.get("/api/v1/reports/voice", params={"days": 14}).json()
        assert report["n"] == len(web)  # what another person has is not Lin's to read
        listed = lin.get("/api/v1/reports/voice/messages", params={"days": 14, "page_size": 200}).json()
        assert {item["conversation_id"] for item in listed["items"]} == {web_chat}
    with client(shop.server) as nobody:
        for path in ("", "/messages", "/table"):
            assert nobody.get("/api/v1/reports/voice" + path).status_code == 401


def test_wrong_queries(shop):
    for query in ({"days": "0"}, {"days": "many"}, {"from": "2026-11-01"}, {"from": "2026-11-10", "to": "2026-11-01"}, {"from": "yesterday", "to": "today"},
                  {"from": "2020-01-01", "to": "2026-11-01"}, {"part": "later"}, {"topic": "x"}, {"page_token": "x"}):
        assert shop.staff.get("/api/v1/reports/voice/messages", params=query).status_code == 400, query
    empty = shop.report(**{"from": "2020-01-01", "to": "2020-01-02"})
    assert empty["n"] == 0 and empty["topics"] == [] and empty["improve"] == []
