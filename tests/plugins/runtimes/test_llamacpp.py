"""Real models, in this process."""

import asyncio
import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from benchbook import (
    GenerateConfig,
    Likelihood,
    Message,
    ModelSpec,
    Output,
    Piece,
    PluginError,
    Prompt,
    RuntimeFailed,
    SpecError,
    opened,
    registry,
)
from benchbook.settings import Settings
from benchbook.specs.weights import weights
from plugins.runtimes.asking import (
    GREEDY,
    answer,
    answers,
    facts,
    failure,
    likelihoods_of,
    preflight,
    reading_of,
    request,
    tokens_of,
)

pytestmark = pytest.mark.usefixtures("embedded_model_home")

SMOLLM2 = "llamacpp/smollm2-135m"
GEMMA = "llamacpp/gemma3-270m"
"""Of another vocabulary: `:~` is one of its tokens."""
TURNS = (Message(role="user", content="Write a Python function that reverses a string."),)
PROMPTS = (TURNS, "def add(a, b):\n", "def is_prime(n):\n", (Message(role="user", content="Say hello."),))


def likelihoods(*pairs: tuple[str, str]) -> list[Likelihood]:
    return likelihoods_of(SMOLLM2, pairs)


@pytest.fixture(scope="module")
def file(embedded_model_home: Settings) -> Path:
    return weights("smollm2-135m").path(embedded_model_home.models)


def test_it_answers_turns_of_a_chat_and_continues_bare_text() -> None:
    chat, text = answers(SMOLLM2, [request(TURNS), request("def add(a, b):\n    return")])
    assert isinstance(chat, Output)
    assert isinstance(text, Output)
    assert "```python" in chat.text
    assert "```" not in text.text
    for said in (chat, text):
        assert said.usage.output_tokens == GREEDY.max_tokens
        assert said.stop_reason == "length"
        assert (said.latency or 0) > 0
    # The chat template adds the turns' marks, and SmolLM2's own first words.
    assert (chat.usage.input_tokens, text.usage.input_tokens) == (40, 9)


def test_greedy_answers_depend_on_the_prompt_alone() -> None:
    asked = [request(prompt) for prompt in PROMPTS]

    async def at_once() -> list[Output]:
        async with opened("runtime", ModelSpec(model=SMOLLM2).runtime) as runtime:
            assert runtime.slots == 1
            return list(await asyncio.gather(*map(runtime.generate, asked)))

    said = asyncio.run(at_once())
    # Another load, another order, one by one.
    said_again = answers(SMOLLM2, asked[::-1])[::-1]
    assert [each.text for each in said] == [each.text for each in said_again if isinstance(each, Output)]
    assert len({each.text for each in said}) == len(PROMPTS)


def test_a_shared_beginning_is_computed_in_one_piece_whatever_was_asked_before() -> None:
    examples = "def double(n):\n    return n * 2\n\n\ndef negate(n):\n    return -n\n\n\n"
    names = ("add(a, b)", "is_even(n)", "is_prime(n)")
    begun = [replace(request(f"{examples}def {name}:\n"), shared=len(examples)) for name in names]
    chats = [
        replace(request((*TURNS, *TURNS, last)), shared=2) for last in (*TURNS, Message(role="user", content="Hi"))
    ]
    asked = [*begun, *chats]
    orders = [asked, asked[::-1], [asked[at] for at in (3, 0, 4, 2, 1)]]
    texts = [
        {
            each.prompt: said.text
            for each, said in zip(order, answers(SMOLLM2, order), strict=True)
            if isinstance(said, Output)
        }
        for order in orders
    ]
    assert texts[0] == texts[1] == texts[2]
    assert len(texts[0]) == len(asked)


def test_sampling_follows_its_seed() -> None:
    def sampled(seed: int) -> str:
        return answer(SMOLLM2, request(TURNS, config=GenerateConfig(max_tokens=12, temperature=1.0, seed=seed))).text

    assert sampled(1) == sampled(1) != sampled(2)


def test_an_answer_is_told_token_by_token_while_it_comes() -> None:
    told: list[Piece] = []
    config = GREEDY.model_copy(update={"logprobs": 1})
    said = answer(SMOLLM2, replace(request(TURNS, config=config), tell=told.append))
    assert "".join(piece.text for piece in told) == said.text
    assert tuple(token for piece in told for token in piece.logprobs) == said.logprobs
    assert len([piece for piece in told if piece.text]) > 10


def test_a_prompt_is_read_as_its_continuation_is_weighed() -> None:
    text = "The capital of France is Paris 日."
    read = reading_of(SMOLLM2, text, alternatives=2)
    _, tokens, _ = tokens_of(SMOLLM2, text)
    assert read == reading_of(SMOLLM2, tokens, alternatives=2)
    assert (read.text, len(read.tokens)) == (text, len(tokens))
    assert [token.token for token in read.tokens[:3]] == ["The", " capital", " of"]
    assert (read.tokens[0].logprob, {len(token.top) for token in read.tokens[1:]}) == (None, {2})
    [weighed] = likelihoods_of(SMOLLM2, [("The capital of France is", " Paris 日.")])
    assert weighed.logprob == pytest.approx(sum(token.logprob or 0.0 for token in read.tokens[5:]), abs=1e-3)
    said = answer(SMOLLM2, request(text, config=GenerateConfig(max_tokens=1, temperature=0.0, logprobs=2)))
    assert said.logprobs
    assert said.logprobs[0].token == read.next[0].token


def test_a_prompt_of_one_token_has_nothing_before_it() -> None:
    read = reading_of(SMOLLM2, "Hello")
    assert [(token.token, token.logprob) for token in read.tokens] == [("Hello", None)]


@pytest.mark.parametrize(("prompt", "message"), [("", "nothing to be read"), ([10**9], "model's"), ([-1], "model's")])
def test_a_prompt_that_cannot_be_read_is_refused(prompt: str | list[int], message: str) -> None:
    with pytest.raises(RuntimeFailed, match=message):
        reading_of(SMOLLM2, prompt)


def test_tokens_are_answered_as_the_text_they_stand_for() -> None:
    text = "The capital of France is"
    tokenizer, tokens, again = tokens_of(SMOLLM2, text)
    assert again == text
    assert (tokenizer.opening, tokenizer.begin, tokenizer.end) == ((), "<|im_start|>", "<|im_end|>")
    told = answer(SMOLLM2, replace(request("not read", config=GREEDY), tokens=tokens))
    assert told.text == answer(SMOLLM2, request(text, config=GREEDY)).text
    for strange in (-1, 10**9):
        assert "invalid tokens" in str(failure(SMOLLM2, replace(request(text), tokens=(strange,))))


def test_a_token_that_is_spelt_out_is_that_token() -> None:
    _, tokens, again = tokens_of(SMOLLM2, "a<|im_end|>")
    assert (tokens[-1], again) == (2, "a<|im_end|>")


def test_a_stop_sequence_ends_the_answer() -> None:
    config = GenerateConfig(max_tokens=64, temperature=0.0, stop=("\n",))
    said = answer(SMOLLM2, request("def add(a, b):\n    return", config=config))
    assert said.stop_reason == "stop"
    assert "\n" not in said.text


def test_each_slot_has_room_for_n_ctx_tokens() -> None:
    prompt = request("one two three " * 60, config=GenerateConfig(max_tokens=4))
    assert answer(SMOLLM2, prompt, n_ctx=256, slots=2).usage.input_tokens > 128
    too_long = failure(SMOLLM2, request("one two three " * 100), n_ctx=256, slots=2)
    assert not too_long.transient
    assert "exceeds the available context size (256 tokens)" in str(too_long)
    assert "`n_ctx`" in str(too_long)


def test_a_continuation_is_weighed_token_by_token() -> None:
    whole, first, rest = likelihoods(
        ("The capital of France is", " Paris, of"),
        ("The capital of France is", " Paris"),
        ("The capital of France is Paris", ", of"),
    )
    assert (whole.tokens, first.tokens, rest.tokens) == (3, 1, 2)
    assert whole.logprob == pytest.approx(first.logprob + rest.logprob, abs=0.05)
    assert first.greedy
    assert not whole.greedy


def test_the_greedy_answer_is_what_is_weighed_as_greedy_at_its_own_log_probability() -> None:
    context = "One, two, three, four,"
    said = answer(SMOLLM2, request(context, config=GenerateConfig(max_tokens=4, temperature=0.0, logprobs=2)))
    assert said.logprobs is not None
    assert [len(token.top) for token in said.logprobs] == [2] * 4
    assert "".join(token.token for token in said.logprobs) == said.text
    [weighed] = likelihoods((context, said.text))
    assert weighed.greedy
    assert weighed.logprob == pytest.approx(sum(token.logprob for token in said.logprobs), abs=0.05)


def test_a_likelihood_depends_on_its_texts_alone() -> None:
    pairs = [
        (context, f" {letter}")
        for context in ("Question: 1 + 1?\nAnswer:", "Question: 1 + 2?\nAnswer:")
        for letter in "ABC"
    ]
    assert likelihoods(*pairs) == likelihoods(*reversed(pairs))[::-1]


def test_spaces_at_the_end_of_a_context_are_weighed_with_what_follows() -> None:
    spaced, plain = likelihoods(("The capital of France is ", "Paris"), ("The capital of France is", " Paris"))
    assert spaced == plain


def test_nothing_can_stand_before_a_continuation_but_something_must_follow() -> None:
    [begun] = likelihoods(("", "Hello there"))
    assert begun.tokens == 2
    with pytest.raises(RuntimeFailed, match="a continuation of at least one token"):
        likelihoods(("Hello", ""))


def test_tokens_that_share_a_character_are_weighed_too() -> None:
    whole, first, rest = likelihoods(
        ("Party: 🎉🥳 🎉", "🥳 now"), ("Party: 🎉🥳 🎉", "🥳"), ("Party: 🎉🥳 🎉🥳", " now")
    )
    assert whole.tokens == first.tokens + rest.tokens > 3
    assert whole.logprob == pytest.approx(first.logprob + rest.logprob, abs=0.2)


SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"verdict": {"enum": ["pass", "fail"]}},
    "required": ["verdict"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(("model", "prompt"), [(SMOLLM2, TURNS), (SMOLLM2, "Is it good?"), (GEMMA, "Is it good?")])
def test_an_answer_keeps_to_its_schema(model: str, prompt: Prompt) -> None:
    said = answer(model, request(prompt, config=GenerateConfig(max_tokens=64, temperature=0.0, json_schema=SCHEMA)))
    assert json.loads(said.text)["verdict"] in ("pass", "fail")


def test_a_schema_that_llama_cpp_would_drop_is_refused() -> None:
    config = GenerateConfig(max_tokens=4, json_schema={"type": "objct"})
    for model in (SMOLLM2, GEMMA):
        assert "cannot make sense of this `json_schema`" in str(failure(model, request("Is it?", config=config)))


def test_a_parameter_that_llama_cpp_cannot_heed_is_refused_by_name() -> None:
    refused = failure(SMOLLM2, request(config=GenerateConfig(reasoning="low")))
    assert "cannot heed `reasoning`" in str(refused)
    assert not refused.transient


def test_of_one_candidate_the_first_is_drawn() -> None:
    sampled = GenerateConfig(max_tokens=12, temperature=2.0, seed=7, top_k=1)
    greedy = GenerateConfig(max_tokens=12, temperature=0.0)
    assert answer(SMOLLM2, request("Once", config=sampled)).text == answer(SMOLLM2, request("Once", config=greedy)).text


def test_a_request_that_is_given_up_makes_room_at_once() -> None:
    async def ask() -> float:
        async with opened("runtime", ModelSpec(model=SMOLLM2).runtime) as runtime:
            endless = asyncio.create_task(runtime.generate(request("a", config=GenerateConfig(max_tokens=4000))))
            await asyncio.sleep(0.5)
            endless.cancel()
            with pytest.raises(asyncio.CancelledError):
                await endless
            started = time.perf_counter()
            await runtime.generate(request("a", config=GenerateConfig(max_tokens=1)))
            return time.perf_counter() - started

    # Four thousand tokens would take half a minute at best.
    assert asyncio.run(ask()) < 20


def test_a_model_that_is_closed_at_once_is_closed() -> None:
    async def opened_and_closed() -> None:
        async with opened("runtime", ModelSpec(model=SMOLLM2).runtime):
            pass

    # Each of these hung in one of some hundred times.
    for _ in range(3):
        asyncio.run(opened_and_closed())


def test_ctrl_c_stays_ours() -> None:
    async def interrupted() -> None:
        async with opened("runtime", ModelSpec(model=SMOLLM2).runtime):
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.sleep(10)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(interrupted())


def test_the_facts_name_the_weights_and_what_ran_them(file: Path) -> None:
    runtime = facts(SMOLLM2, threads=1)
    known = weights("smollm2-135m")
    assert runtime.prompt_style == known.prompt_style == "chat"
    expected = {
        "weights": known.file,
        "sha256": known.sha256,
        "size": str(known.size),
        "architecture": "llama",
        "quantisation": "Q4_1",
        "threads": "1",
        "slots": "1",
        "n_ctx": "4096",
    }
    assert {name: runtime.facts[name] for name in expected} == expected
    assert runtime.facts["runtime"].startswith("xllamacpp 20")
    # The same file by its path is hashed, and found to be the same.
    assert facts("llamacpp/mine", path=str(file), threads=1).facts == runtime.facts


def test_a_model_without_a_chat_template_wants_completions(file: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.gguf"
    bare.write_bytes(file.read_bytes().replace(b"tokenizer.chat_template", b"tokenizer.chat_timplate"))
    runtime = facts(f"llamacpp/{bare}")
    assert runtime.prompt_style == "completion"
    assert runtime.facts["sha256"] != weights("smollm2-135m").sha256


@pytest.mark.parametrize(
    ("model", "args", "message"),
    [
        ("llamacpp/smolm2-135m", {}, "unknown embedded model 'smolm2-135m'; did you mean 'smollm2-135m'.* .gguf file"),
        ("llamacpp/nowhere.gguf", {}, "there is no file nowhere.gguf"),
        ("llamacpp/mine", {"path": "nowhere.gguf"}, "args.path: there is no file nowhere.gguf"),
        (SMOLLM2, {"n_ctx": 16384}, "args.n_ctx: the model was trained for 8192 tokens at most"),
        (SMOLLM2, {"slots": 0}, "args.slots: expected at least 1, got 0"),
        (SMOLLM2, {"n_contxt": 1}, "did you mean 'n_ctx'"),
    ],
)
def test_a_mistake_is_told_before_anything_is_loaded(model: str, args: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        preflight(model, **args)


def test_weights_that_are_not_here_can_be_pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHBOOK_HOME", str(tmp_path))
    with pytest.raises(SpecError, match="are not here; run `benchbook models pull smollm2-135m`"):
        preflight(SMOLLM2)


def test_a_cut_file_is_refused_by_its_header(file: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.gguf"
    with file.open("rb") as whole:
        cut.write_bytes(whole.read(50_000_000))
    with pytest.raises(PluginError, match=r"cut\.gguf is not a whole GGUF file"):
        preflight(f"llamacpp/{cut}")


def test_a_damaged_file_is_refused_before_any_sample_and_leaves_the_process_alive(file: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(file.read_bytes().replace(b"blk.3.attn_k.weight", b"blk.3.attn_X.weight"))
    preflight(f"llamacpp/{damaged}")
    with pytest.raises(PluginError, match=r"llama\.cpp cannot load .*damaged\.gguf: the file is damaged, or"):
        facts(f"llamacpp/{damaged}")
    assert answer(SMOLLM2, request("a", config=GenerateConfig(max_tokens=1))).usage.output_tokens == 1


def test_it_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    answer(SMOLLM2)
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def test_what_cannot_be_heeded_is_told_before_the_run() -> None:
    with pytest.raises(SpecError, match=r"generate\.reasoning: llamacpp cannot heed it"):
        registry.vet(ModelSpec(model=SMOLLM2).runtime, GenerateConfig(reasoning="low"), "chat")


def test_an_empty_prompt_is_the_token_that_texts_begin_with() -> None:
    for model in (SMOLLM2, GEMMA):
        said = answer(model, request("", config=GenerateConfig(max_tokens=5, temperature=0.0)))
        assert (said.stop_reason, said.usage.output_tokens) == ("length", 5)
        assert said.text
