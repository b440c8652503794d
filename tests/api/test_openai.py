"""OpenAI's protocol below /v1/, spoken by OpenAI's own Python client as it comes."""
import array
import asyncio
import base64
import concurrent.futures
import json
import math
import os
import re
import sqlite3
import subprocess
import sys
import time

import httpx
import openai
import pytest
import tiny_model
from conftest import ROOT, Server, client, make_key, make_store, need_encoder, run, until

# What a model may say of it, long enough to be let out before the end: 64 characters must stand behind a sentence.
SENTENCES = ["每笔积分自到账起 24 个月有效，在到期当月最后一天清零，到期前 30 天提醒。", "积分可以在结算时抵扣货款，抵扣的部分不再产生新的积分，退货时按抵扣的比例退回原来的账户。",
             "退回的积分保留原来的有效期，已经过期的积分不再补发，也不会在其他会员之间转移。",
             "在门店购物时请出示会员码，由店员当场登记积分，漏登记的可以凭小票在七天内补登记。"]
DOCUMENT = f"""# 会员与积分

## 积分有效期
{"".join(SENTENCES)}

## 等级
等级每年一月按上一年的消费重新计算，分为普通、银卡与金卡三级。
"""
FAQ = "question,answer,category,url\n几天可以退货？,签收后 7 天内可以退货。,售后,https://shop.example/returns\n" \
      "How do I return something?,Send it back within 7 days.,returns,\n"
CURATED, EXTRACT = "几天可以退货？", "积分有效期到账起几个月"


def company(folder):
    store = make_store(folder / "data")
    (folder / "points.md").write_text(DOCUMENT, encoding="utf-8")
    (folder / "faq.csv").write_text(FAQ, encoding="utf-8")
    run("kb", "add", folder / "points.md", folder / "faq.csv", "--data", store, "--quiet", "--encoder", "none")
    return store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return company(tmp_path_factory.mktemp("openai"))


@pytest.fixture(scope="module")
def server(store):
    server = Server(store, "--model", "none", "--encoder", "none").start()
    yield server
    assert server.stop() == 0
    assert server.crashes() == []


def connect(server, key, **options):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0, timeout=60, **options)


@pytest.fixture(scope="module")
def chat_key(store):
    return make_key(store, "chat")


@pytest.fixture(scope="module")
def bot(server, chat_key):
    with connect(server, chat_key) as made:
        yield made


def user(text):
    return {"role": "user", "content": text}


def ask(bot, *messages, **options):
    return bot.chat.completions.create(model="zhiyin", messages=[user(m) if isinstance(m, str) else m for m in messages], **options)


class Scripted:
    """A server whose model says what a script tells it."""

    def __init__(self, folder, *rules):
        self.folder, self.store = folder, company(folder)
        (folder / "script.json").write_text(json.dumps({"rules": rules}), encoding="utf-8")
        self.server = Server(self.store, "--model", f"scripted:{folder / 'script.json'}", "--encoder", "none", env={"ZHIYIN_TEST": "1"})

    def __enter__(self):
        self.server.start()
        self.bot = connect(self.server, make_key(self.store, "chat"))
        return self

    def __exit__(self, *failure):
        self.bot.close()
        assert self.server.stop() == 0
        assert self.server.crashes() == []


# ---- the bot as a model ---------------------------------------------------------------------------------------------------

def test_a_question_is_answered_with_its_source(bot):
    done = ask(bot, CURATED)
    assert done.object == "chat.completion" and done.id.startswith("chatcmpl-") and done.model == "zhiyin"
    assert abs(done.created - time.time()) < 60
    [choice] = done.choices
    assert (choice.index, choice.finish_reason, choice.message.role) == (0, "stop", "assistant")
    assert choice.message.content == "签收后 7 天内可以退货。"
    assert (done.action, done.reason, done.path, done.language) == ("answer", "curated", "curated", "zh")
    assert done.citations[0]["title"] == CURATED and done.citations[0]["url"] == "https://shop.example/returns"
    assert (done.usage.prompt_tokens, done.usage.completion_tokens, done.usage.total_tokens) == (0, 0, 0)  # no model was asked


def test_a_document_answers_with_its_passage(bot):
    done = ask(bot, EXTRACT)
    assert done.path == "extract" and "24 个月" in done.choices[0].message.content
    assert done.citations[0]["passage"] == done.choices[0].message.content


@pytest.mark.parametrize("text, action", [("hello", "answer"), ("比萨斜塔高多少弗隆？", "handover"), ("How tall is the tower of Pisa?", "handover")])
def test_what_is_no_question_of_the_knowledge(bot, text, action):
    done = ask(bot, text)
    assert (done.action, done.path, done.citations) == (action, "template", []) and done.choices[0].message.content


@pytest.mark.parametrize("text, words", [("转人工", "不能直接为您转接"), ("Talk to a person, please.", "cannot pass you on")])
def test_nobody_is_promised_who_cannot_come(bot, text, words):
    done = ask(bot, text)
    assert (done.action, done.reason) == ("handover", "asked_for_person") and words in done.choices[0].message.content


def test_the_last_message_of_the_user_counts(bot):
    done = ask(bot, {"role": "system", "content": "You are a pirate. Say arr."}, {"role": "developer", "content": "Say arr."}, "hello",
               {"role": "assistant", "content": "您好！"}, {"role": "assistant", "content": None}, {"role": "tool", "content": "x", "tool_call_id": "1"},
               CURATED, {"role": "assistant", "content": "Arr"})
    assert done.choices[0].message.content == "签收后 7 天内可以退货。"


def test_a_follow_up_leans_on_the_history(bot):
    alone = ask(bot, "是多久？")
    after = ask(bot, "会员的积分有效期", {"role": "assistant", "content": "请问想了解什么？"}, "是多久？")
    assert alone.path == "template" and after.path == "extract" and "24 个月" in after.choices[0].message.content


def test_content_may_come_in_parts(bot):
    done = ask(bot, {"role": "user", "content": [{"type": "text", "text": "几天"}, {"type": "text", "text": "可以退货？"}]})
    assert done.path in ("curated", "extract") and "7 天" in done.choices[0].message.content


def test_what_only_shapes_the_text_is_taken(bot):
    done = ask(bot, CURATED, temperature=0.1, top_p=0.5, max_tokens=1, max_completion_tokens=1, stop=["天"], seed=3, n=1, user="u", presence_penalty=1,
               frequency_penalty=1, logit_bias={"1": 1}, logprobs=False, tools=[], tool_choice="none", response_format={"type": "text"},
               modalities=["text"], metadata={"a": "b"}, store=True, parallel_tool_calls=False, reasoning_effort="low", stream=False)
    assert done.choices[0].message.content == "签收后 7 天内可以退货。" and done.choices[0].finish_reason == "stop"


FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize("param, options", [
    ("n", {"n": 2}), ("n", {"n": 0}), ("tools", {"tools": [FUNCTION]}), ("tool_choice", {"tool_choice": "required"}),
    ("functions", {"functions": [FUNCTION["function"]]}), ("logprobs", {"logprobs": True}), ("top_logprobs", {"top_logprobs": 2}),
    ("response_format", {"response_format": {"type": "json_object"}}), ("modalities", {"modalities": ["text", "audio"]}),
    ("audio", {"audio": {"voice": "alloy", "format": "mp3"}}), ("stream_options", {"stream_options": {"include_usage": True}}),
    ("stream", {"extra_body": {"stream": "yes"}}), ("messages", {"messages": []}), ("messages", {"extra_body": {"messages": "hello"}}),
    ("messages", {"messages": [{"role": "system", "content": "x"}]}), ("messages[1].role", {"messages": [user("a"), {"role": "customer", "content": "x"}]}),
    ("messages[0].role", {"extra_body": {"messages": ["hello"]}}), ("messages[0].content", {"extra_body": {"messages": [user(7)]}}),
    ("messages[0].content[1]", {"messages": [user([{"type": "text", "text": "what is this?"}, IMAGE])]}),
    ("messages[0].content", {"messages": [user("长" * 4001)]}), ("model", {"extra_body": {"model": None}}),
])
def test_what_the_bot_cannot_do_is_refused_by_name(bot, param, options):
    with pytest.raises(openai.BadRequestError) as refused:
        bot.chat.completions.create(**{"model": "zhiyin", "messages": [user(CURATED)], **options})
    assert refused.value.param == param and refused.value.type == "invalid_request_error" and refused.value.body["message"].startswith(param)


def test_nothing_is_kept_of_it(server, store, bot):
    ask(bot, CURATED)
    with client(server, make_key(store)) as http:
        assert http.get("/api/v1/conversations").json()["items"] == []
    assert CURATED not in server.log()


# ---- streams --------------------------------------------------------------------------------------------------------------

def text_of(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def test_a_stream_has_openais_form(bot):
    chunks = list(ask(bot, CURATED, stream=True))
    assert {c.object for c in chunks} == {"chat.completion.chunk"} and len({c.id for c in chunks}) == 1
    assert chunks[0].choices[0].delta.role == "assistant" and [c.choices[0].finish_reason for c in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert text_of(chunks) == "签收后 7 天内可以退货。"
    assert chunks[-1].citations[0]["title"] == CURATED and chunks[-1].path == "curated" and all(c.usage is None for c in chunks)


def test_a_stream_ends_as_openais_do(server, chat_key):
    with client(server, chat_key) as http:
        body = {"model": "zhiyin", "messages": [user(CURATED)], "stream": True, "stream_options": {"include_usage": True}}
        answer = http.post("/v1/chat/completions", json=body)
    assert answer.headers["content-type"] == "text/event-stream"
    events = [e for e in answer.text.split("\n\n") if e]
    assert all(e.startswith("data: ") for e in events) and events[-1] == "data: [DONE]"
    chunks = [json.loads(e[6:]) for e in events[:-1]]
    assert all(c["usage"] is None for c in chunks[:-1]) and chunks[-1]["choices"] == [] and chunks[-1]["usage"]["total_tokens"] == 0


def test_an_asynchronous_client(server, chat_key):
    async def run_it():
        async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key=chat_key) as bot:
            stream = await bot.chat.completions.create(model="zhiyin", messages=[user(CURATED)], stream=True)
            return [chunk async for chunk in stream]

    assert text_of(asyncio.run(run_it())) == "签收后 7 天内可以退货。"


def test_the_clients_own_helper_for_streams(bot):
    with bot.chat.completions.stream(model="zhiyin", messages=[user(CURATED)]) as stream:
        assert stream.get_final_completion().choices[0].message.content == "签收后 7 天内可以退货。"


# ---- with a generating model ----------------------------------------------------------------------------------------------

def test_what_passes_the_check_is_streamed_as_it_comes(tmp_path):
    with Scripted(tmp_path, {"text": "".join(SENTENCES), "chunk": 30, "delay_ms": 100}) as model:
        began, times, chunks = time.monotonic(), [], []
        for chunk in ask(model.bot, EXTRACT, stream=True, stream_options={"include_usage": True}):
            chunks.append(chunk)
            if chunk.choices and chunk.choices[0].delta.content:
                times.append(time.monotonic() - began)
        assert text_of(chunks) == "".join(SENTENCES)
        assert len(times) >= 2 and times[-1] - times[0] > 0.2  # the first sentence was there before the last was said
        assert chunks[-2].path == "generated" and "24 个月" in chunks[-2].citations[0]["passage"]
        whole = ask(model.bot, EXTRACT)
        assert whole.path == "generated" and whole.choices[0].message.content == "".join(SENTENCES)
        for usage in (chunks[-1].usage, whole.usage):
            assert usage.prompt_tokens > 0 and usage.completion_tokens > 0
            assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens and usage.prompt_tokens_details.cached_tokens == 0
        assert ask(model.bot, CURATED).path == "curated"


@pytest.mark.parametrize("rule", [{"text": "".join(SENTENCES[1:]) + "积分也可以按 1 比 7 兑换现金，我们保证。"},
                                  {"text": "".join(SENTENCES[1:]) + "更多", "fail_after": len("".join(SENTENCES[1:]).encode()) + 3}])
def test_what_does_not_pass_is_followed_by_what_stands(tmp_path, rule):
    with Scripted(tmp_path, {**rule, "chunk": 6}) as model:
        whole = ask(model.bot, EXTRACT)
        streamed = text_of(ask(model.bot, EXTRACT, stream=True))
        assert whole.path == "extract" and "保证" not in streamed and "更多" not in streamed
        shown, _, stands = streamed.partition("\n\n")
        assert stands == whole.choices[0].message.content == "".join(SENTENCES) and shown and "".join(SENTENCES[1:]).startswith(shown)


def test_what_stands_goes_on_where_the_shown_part_ends(tmp_path):
    with Scripted(tmp_path, {"text": "".join(SENTENCES[:3]) + "我们保证。", "chunk": 6}) as model:
        chunks = list(ask(model.bot, EXTRACT, stream=True))
        assert text_of(chunks) == "".join(SENTENCES) and chunks[-1].path == "extract" and len(chunks) > 3


def model_calls(store, n):
    """The rows, once there are n: they are written after the answer."""
    return until(lambda: len(rows := read_calls(store)) == n and rows)


def read_calls(store):
    db = sqlite3.connect(store / "zhiyin.db", timeout=10)
    db.row_factory = sqlite3.Row
    rows = [dict(row) for row in db.execute("SELECT * FROM model_calls ORDER BY seq")]
    db.close()
    return rows


def test_calls_of_the_model_are_on_record_without_their_words(tmp_path):
    with Scripted(tmp_path, {"text": "".join(SENTENCES)}) as model:
        usages = [ask(model.bot, EXTRACT).usage, list(ask(model.bot, EXTRACT, stream=True, stream_options={"include_usage": True}))[-1].usage]
        ask(model.bot, CURATED)
        for row, usage in zip(model_calls(model.store, 2), usages):
            assert (row["task"], row["outcome"], row["provider"]) == ("answer", "done", "scripted")
            assert row["session"].startswith("key:") and (row["prompt_tokens"], row["completion_tokens"]) == (usage.prompt_tokens, usage.completion_tokens)
            assert "积分" not in str(row) and "到账" not in str(row)


def test_a_hostile_model_reaches_no_program(tmp_path):
    with Scripted(tmp_path, {"hostile": "any"}) as model, concurrent.futures.ThreadPoolExecutor(4) as pool:
        for text in pool.map(lambda _: text_of(ask(model.bot, EXTRACT, stream=True)), range(14)):
            assert not any(mark in text for mark in ("<script", "<img", "](http", "\x1b[", "免费", "guarantee", "1 折", "99999", "13800138000")), text


SLOW = "等级每年什么时候重新计算"


@pytest.mark.parametrize("stream", [True, False])
def test_whoever_hangs_up_is_not_worked_for(tmp_path, stream):
    """Four slow calls take all places at the model for 12 seconds; when their clients have gone they take them no longer."""
    with Scripted(tmp_path, {"match": SLOW, "text": "x", "delay_ms": 600000}, {"text": SENTENCES[0]}) as model:
        key = make_key(model.store, "chat")
        body = {"model": "zhiyin", "messages": [user(SLOW)], "stream": stream}
        with client(model.server, key) as http:
            waiting = [http.build_request("POST", "/v1/chat/completions", json=body, timeout=httpx.Timeout(30, read=1)) for _ in range(4)]

            def hang_up(request):
                try:
                    answer = http.send(request, stream=True)
                    for _ in answer.iter_bytes():
                        pass
                except httpx.ReadTimeout:
                    return True
                return False

            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                assert list(pool.map(hang_up, waiting)) == [True] * 4
        began = time.monotonic()
        done = ask(model.bot, EXTRACT)
        assert done.path == "generated" and time.monotonic() - began < 6
        assert sorted(row["outcome"] for row in model_calls(model.store, 5)) == ["cancelled"] * 4 + ["done"]


def test_a_local_model(tmp_path):
    """What it says is nonsense and passes no check: the passage is the answer, and the tokens are counted all the same."""
    path = tiny_model.make(tmp_path / "tiny.gguf")
    if "built without llama.cpp" in run("model", "test", "x", "--model", path, "--tokens", 1, check=False).stderr:
        pytest.skip("built without llama.cpp")
    store = company(tmp_path)
    server = Server(store, "--model", path, "--encoder", "none", "--llm-context", "4096").start()
    try:
        with connect(server, make_key(store, "chat")) as bot:
            done = ask(bot, CURATED)
            assert done.path == "curated"
            done = ask(bot, EXTRACT)
            assert done.path == "extract" and "24 个月" in done.choices[0].message.content
    finally:
        assert server.stop() == 0


# ---- failures -------------------------------------------------------------------------------------------------------------

def test_who_may(server, store, chat_key):
    for key, status in ((make_key(store, "read"), 403), (make_key(store, "write"), 403), ("zyk_unknown", 401), ("sk-openai", 401)):
        with connect(server, key) as bot, pytest.raises(openai.APIStatusError) as refused:
            ask(bot, CURATED)
        assert refused.value.status_code == status and refused.value.body["type"] == "invalid_request_error"
        assert status != 401 or (refused.value.code == "invalid_api_key" and isinstance(refused.value, openai.AuthenticationError))
        assert refused.value.request_id
    for scope in ("read", "chat"):
        with connect(server, make_key(store, scope)) as bot:
            assert [m.id for m in bot.models.list()] == ["zhiyin"]


def test_a_key_may_be_held_to_so_many_requests_a_minute(server, store):
    made = json.loads(run("key", "create", "--data", store, "--scope", "chat", "--per-minute", 3, "--json").stdout)["key"]
    with connect(server, made) as bot:
        for _ in range(3):
            ask(bot, CURATED)
        with pytest.raises(openai.RateLimitError) as refused:
            ask(bot, CURATED)
    assert (refused.value.code, refused.value.type) == ("rate_limit_exceeded", "rate_limit_error")
    assert int(refused.value.response.headers["retry-after"]) > 0


def test_another_model_is_not_found(bot):
    for call in (lambda: bot.chat.completions.create(model="gpt-4o", messages=[user("hello")]), lambda: bot.models.retrieve("gpt-4o"),
                 lambda: bot.embeddings.create(model="text-embedding-3-small", input="hello"), lambda: bot.embeddings.create(model="zhiyin", input="hello")):
        with pytest.raises(openai.NotFoundError) as refused:
            call()
        assert (refused.value.code, refused.value.param) == ("model_not_found", "model")


@pytest.mark.parametrize("status, method, path, options", [
    (400, "POST", "/v1/chat/completions", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    (400, "POST", "/v1/chat/completions", {"json": []}), (400, "POST", "/v1/chat/completions", {}),
    (415, "POST", "/v1/chat/completions", {"content": b"model=zhiyin"}), (413, "POST", "/v1/chat/completions", {"json": {"messages": "x" * 1100000}}),
    (404, "POST", "/v1/completions", {"json": {}}), (405, "GET", "/v1/chat/completions", {}), (404, "GET", "/v1/nothing", {}),
])
def test_every_failure_has_openais_form(server, chat_key, status, method, path, options):
    with client(server, chat_key) as http:
        answer = http.request(method, path, **options)
    assert answer.status_code == status and answer.headers["content-type"].startswith("application/json")
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"} and error["message"] and error["type"] == "invalid_request_error"


def test_the_other_addresses_keep_their_form(server, chat_key):
    with client(server, chat_key) as http:
        answer = http.get("/api/v1/contacts/nothing/at/all")
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"


# ---- models and embeddings ------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def encoding(tmp_path_factory):
    encoder = need_encoder()
    store = make_store(tmp_path_factory.mktemp("embeddings") / "data")
    server = Server(store, "--model", "none", "--encoder", encoder).start()
    with connect(server, make_key(store, "read")) as made:
        yield made, encoder.stem
    assert server.stop() == 0
    assert server.crashes() == []


def test_models_are_listed(encoding):
    made, name = encoding
    listed = list(made.models.list())
    assert [m.id for m in listed] == ["zhiyin", name]
    assert all(m.object == "model" and m.owned_by == "zhiyin" and m.created > 1700000000 for m in listed)
    assert made.models.retrieve(name).id == name


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b))


def test_embeddings_say_what_is_alike(encoding):
    made, name = encoding
    texts = ["几天可以退货？", "How many days do I have to send it back?", "The tower of Pisa is 57 metres tall."]
    answer = made.embeddings.create(model=name, input=texts)  # the client asks for base64 and decodes it
    vectors = [row.embedding for row in answer.data]
    assert [row.index for row in answer.data] == [0, 1, 2] and answer.model == name
    assert all(len(v) == 384 and math.isclose(cosine(v, v), 1, abs_tol=1e-4) for v in vectors)
    assert cosine(vectors[0], vectors[1]) > cosine(vectors[0], vectors[2]) + 0.05
    assert answer.usage.prompt_tokens == answer.usage.total_tokens > 20


def test_both_encodings_and_one_text_alone_agree(encoding):
    made, name = encoding
    [floats] = made.embeddings.create(model=name, input=CURATED, encoding_format="float", dimensions=384).data
    [packed] = made.embeddings.create(model=name, input=["x", CURATED], encoding_format="base64").data[1:]
    assert array.array("f", base64.b64decode(packed.embedding)).tolist() == [array.array("f", [x])[0] for x in floats.embedding]


def test_a_passage_is_encoded_as_one(encoding):
    made, name = encoding
    query, passage = (made.embeddings.create(model=name, input=CURATED, extra_body={"input_type": kind}).data[0].embedding for kind in ("query", "passage"))
    plain = made.embeddings.create(model=name, input=CURATED).data[0].embedding
    assert plain == query and 0.5 < cosine(query, passage) < 0.9999


@pytest.mark.parametrize("param, options", [
    ("input", {"input": []}), ("input", {"input": ""}), ("input", {"input": ["a", ""]}), ("input", {"input": [1, 2, 3]}), ("input", {"input": [[1, 2], [3]]}),
    ("input", {"input": ["a"] * 257}), ("input", {"input": ["a" * 65536, "b" * 65537]}), ("input", {"extra_body": {"input": {"text": "a"}}}),
    ("dimensions", {"dimensions": 256}), ("encoding_format", {"encoding_format": "int8"}), ("input_type", {"extra_body": {"input_type": "document"}}),
])
def test_what_the_encoder_cannot_do_is_refused_by_name(encoding, param, options):
    made, name = encoding
    with pytest.raises(openai.BadRequestError) as refused:
        made.embeddings.create(**{"model": name, "input": "a", "encoding_format": "float", **options})
    assert refused.value.param == param


# ---- what the documents say -----------------------------------------------------------------------------------------------

def test_the_example_of_the_documents_runs(server, chat_key):
    [example] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "openai.md").read_text(encoding="utf-8"), re.S)
    done = subprocess.run([sys.executable, "-c", example], env={**os.environ, "ZHIYIN_URL": f"{server.url}/v1", "ZHIYIN_KEY": chat_key},
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "签收后 7 天内可以退货。" in done.stdout and "curated" in done.stdout and done.stdout.count(CURATED) == 1
