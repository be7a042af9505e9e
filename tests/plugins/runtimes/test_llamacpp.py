"""Real models, in this process."""

import asyncio
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchbook import GenerateConfig, Message, ModelSpec, Output, PluginError, SpecError, opened
from benchbook.settings import Settings
from benchbook.specs.weights import weights
from plugins.runtimes.asking import GREEDY, answer, answers, facts, failure, preflight, request

pytestmark = pytest.mark.usefixtures("embedded_model_home")

SMOLLM2 = "llamacpp/smollm2-135m"
TURNS = (Message(role="user", content="Write a Python function that reverses a string."),)
PROMPTS = (TURNS, "def add(a, b):\n", "def is_prime(n):\n", (Message(role="user", content="Say hello."),))


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
        assert said.latency > 0
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
