"""Transformers in process: a small random model shows the mechanics, SmolLM2 that the words are right."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue

from benchbook import (
    GenerateConfig,
    Message,
    ModelSpec,
    Output,
    Piece,
    PluginError,
    Request,
    Runtime,
    SpecError,
    opened,
    registry,
)
from benchbook.errors import RuntimeFailed
from benchbook.settings import Settings
from plugins.runtimes import tiny
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

pytest.importorskip("torch", reason="the extra hf is not installed")
pytest.importorskip("transformers", reason="the extra hf is not installed")

TURNS = (Message(role="user", content="Hello"),)
SAMPLED = GenerateConfig(max_tokens=24, temperature=1.0, seed=3)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"hf/{tiny.made(tmp_path_factory.mktemp('tiny'))}"


def at_once(model: str, requests: list[Request], **args: JsonValue) -> list[Output]:
    async def ask() -> list[Output]:
        async with opened("runtime", ModelSpec(model=model, args=args).runtime) as runtime:
            return list(await asyncio.gather(*map(runtime.generate, requests)))

    return asyncio.run(ask())


def test_it_answers_turns_of_a_chat_and_continues_bare_text(model: str) -> None:
    chat, text = at_once(model, [request(TURNS), request("Hello")])
    for said, asked in ((chat, "<user>Hello\n<assistant>"), (text, "Hello")):
        assert said.usage.input_tokens == len(asked)
        assert 0 < said.usage.output_tokens <= 24
        assert said.stop_reason in ("stop", "length")
        assert (said.latency or 0) > 0


def test_the_answer_of_a_batch_is_the_answer_of_transformers_own_loop(model: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = model.removeprefix("hf/")
    theirs, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    prompts = ["Hello", "Once upon a time there was", "1, 2, 3", "x", "A rather long prompt " * 4]
    ours = at_once(model, [request(prompt) for prompt in prompts], max_batch=3)
    for prompt, said in zip(prompts, ours, strict=True):
        ids = tokenizer(prompt, return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            whole = theirs.generate(
                ids, attention_mask=torch.ones_like(ids), max_new_tokens=24, do_sample=False, pad_token_id=257
            )
        assert said.usage.output_tokens == whole.shape[1] - ids.shape[1]
        assert said.text == tokenizer.decode(whole[0], skip_special_tokens=True)[len(prompt) :]


def test_alone_in_its_batch_a_request_gets_the_same_answer_to_the_last_bit(model: str) -> None:
    config = GenerateConfig(max_tokens=12, temperature=0.7, seed=5, logprobs=3)
    asked = [request(prompt, config=config) for prompt in ("Hello", "One, two", "x" * 40)]
    first = [(each.text, each.logprobs) for each in at_once(model, asked, max_batch=1)]
    second = [(each.text, each.logprobs) for each in at_once(model, asked[::-1], max_batch=1)][::-1]
    assert first == second


def test_a_seed_holds_whoever_else_is_in_the_batch(model: str) -> None:
    asked = request("Hello", config=SAMPLED)
    others = [request("y" * n, config=GenerateConfig(max_tokens=n, temperature=1.5, seed=n)) for n in range(1, 12)]
    alone = answer(model, asked).text
    assert at_once(model, [*others[:5], asked, *others[5:]])[5].text == alone
    assert answer(model, request("Hello", config=SAMPLED.model_copy(update={"seed": 4}))).text != alone


def test_of_one_candidate_the_first_is_drawn(model: str) -> None:
    greedy = answer(model).text
    for narrow in ({"top_k": 1}, {"top_p": 1e-9}):
        assert (
            answer(model, request(config=GenerateConfig(max_tokens=24, temperature=2.0, seed=1, **narrow))).text
            == greedy
        )


def test_a_stop_sequence_ends_the_answer_and_its_log_probabilities(model: str) -> None:
    whole = answer(model, request(config=SAMPLED.model_copy(update={"logprobs": 1})))
    assert whole.logprobs is not None
    stop = whole.text[4:6]
    cut = answer(model, request(config=SAMPLED.model_copy(update={"logprobs": 1, "stop": (stop,)})))
    assert cut.text == whole.text[: whole.text.index(stop)]
    assert cut.stop_reason == "stop"
    assert cut.logprobs == whole.logprobs[: len(cut.logprobs or ())]
    assert cut.usage.output_tokens < whole.usage.output_tokens


def test_every_token_has_its_log_probability_from_before_temperature(model: str) -> None:
    hot, cold = (
        answer(model, request(config=GenerateConfig(max_tokens=1, temperature=t, seed=1, top_k=1, logprobs=5)))
        for t in (3.0, 0.0)
    )
    assert hot.logprobs == cold.logprobs
    assert hot.logprobs is not None
    [token] = hot.logprobs
    assert len(token.top) == 5
    assert token.top[0].logprob == token.logprob == max(each.logprob for each in token.top)


def test_a_likelihood_is_the_sum_over_its_tokens_whatever_its_batch(model: str) -> None:
    pairs = [("Hello", " world"), ("Hello", " w"), ("Hello w", "orld"), ("Hello", " x"), ("", "Hello"), ("A B ", "C")]
    together = likelihoods_of(model, pairs)
    alone = likelihoods_of(model, pairs, max_batch=1)
    assert [each.tokens for each in together] == [6, 2, 4, 2, 5, 2]
    for one, other in zip(together, alone, strict=True):
        assert one.logprob == pytest.approx(other.logprob, abs=1e-4)
        assert one.greedy == other.greedy
    whole, begun, rest = together[:3]
    assert whole.logprob == pytest.approx(begun.logprob + rest.logprob, abs=1e-4)


def test_a_prompt_is_read_as_its_continuation_is_weighed(model: str) -> None:
    from tokenizers import pre_tokenizers

    read = reading_of(model, "Hello world", alternatives=3)
    assert (read.text, "".join(token.token for token in read.tokens)) == ("Hello world", "Hello world")
    assert (read.tokens[0].logprob, read.tokens[0].top) == (None, ())
    assert {len(token.top) for token in read.tokens[1:]} == {3}
    vocabulary = sorted(pre_tokenizers.ByteLevel.alphabet())
    assert reading_of(model, [vocabulary.index(letter) for letter in "HelloĠworld"], alternatives=3) == read
    [weighed] = likelihoods_of(model, [("Hello", " world")])
    assert weighed.logprob == pytest.approx(sum(token.logprob or 0.0 for token in read.tokens[5:]), abs=1e-4)
    said = answer(model, request("Hello world", config=GenerateConfig(max_tokens=1, temperature=0.0, logprobs=0)))
    assert said.logprobs
    assert said.logprobs[0].token == read.next[0].token
    assert said.logprobs[0].logprob == pytest.approx(read.next[0].logprob, abs=1e-4)


@pytest.mark.parametrize(
    ("prompt", "message"), [("", "nothing to be read"), ([5, 10**9], "1000000000 is none"), ([-1], "-1 is none")]
)
def test_a_prompt_that_cannot_be_read_is_refused(model: str, prompt: str | list[int], message: str) -> None:
    with pytest.raises(RuntimeFailed, match=message):
        reading_of(model, prompt)


@pytest.mark.parametrize("stop", [(), ("é",), ("zz", "never")])
def test_an_answer_is_told_while_it_grows_and_never_taken_back(model: str, stop: tuple[str, ...]) -> None:
    told: list[Piece] = []
    config = GenerateConfig(max_tokens=48, temperature=1.0, seed=3, logprobs=1, stop=stop)
    said = answer(model, replace(request("Hello", config=config), tell=told.append))
    text = "".join(piece.text for piece in told)
    assert len(told) > 2
    assert said.text.startswith(text)
    assert said.logprobs is not None
    tokens = tuple(token for piece in told for token in piece.logprobs)
    assert tokens == (said.logprobs[: len(tokens)] if not stop else ())


def test_tokens_are_answered_as_the_text_they_stand_for(model: str) -> None:
    tokenizer, tokens, again = tokens_of(model, "Hello</s>")
    assert (len(tokens), tokens[-1], again) == (6, 257, "Hello</s>")
    assert (tokenizer.opening, tokenizer.begin, tokenizer.end) == ((), "<s>", "</s>")
    told = answer(model, replace(request("not read", config=GREEDY), tokens=tokens[:-1]))
    assert told.text == answer(model, request("Hello", config=GREEDY)).text
    for strange in (-1, 10**9):
        assert f"{strange} is none of them" in str(failure(model, replace(request("Hello"), tokens=(strange,))))


def test_what_is_said_greedily_is_weighed_as_greedy(model: str) -> None:
    config = GenerateConfig(max_tokens=2, temperature=0.0, logprobs=0)
    prompts = [f"Hello {n}" for n in range(60)]
    answered = zip(prompts, at_once(model, [request(prompt, config=config) for prompt in prompts]), strict=True)
    # The model knows bytes: two letters that are read again as two tokens.
    prompt, said = next((prompt, said) for prompt, said in answered if len(said.text) == 2 and said.text.isascii())
    [weighed] = likelihoods_of(model, [(prompt, said.text)])
    assert weighed.greedy
    assert weighed.logprob == pytest.approx(sum(token.logprob for token in said.logprobs or ()), abs=1e-4)


def test_a_request_that_is_given_up_ends_early_and_the_loop_stays_free(model: str) -> None:
    async def ask() -> int:
        async with opened("runtime", ModelSpec(model=model, args={"max_batch": 1}).runtime) as runtime:
            assert isinstance(runtime, Runtime)
            endless = asyncio.ensure_future(runtime.generate(request(config=GenerateConfig(max_tokens=500))))
            turns = 0
            while turns < 3:
                await asyncio.sleep(0.01)
                turns += 1
            endless.cancel()
            await asyncio.gather(endless, return_exceptions=True)
            said = await runtime.generate(request(config=GenerateConfig(max_tokens=1)))
            assert said.usage.output_tokens == 1
            return turns

    assert asyncio.run(ask()) == 3


def test_the_models_limit_ends_an_answer_and_refuses_a_prompt(tmp_path: Path) -> None:
    short = f"hf/{tiny.made(tmp_path, limit=16)}"
    [cut, refused] = answers(short, [request("x" * 10, config=GenerateConfig(max_tokens=50)), request("x" * 16)])
    assert isinstance(cut, Output)
    assert cut.usage.output_tokens <= 6
    assert isinstance(refused, RuntimeFailed)
    assert "has 16 tokens; the model takes 16" in str(refused)


@pytest.mark.parametrize(
    ("config", "named"),
    [(GenerateConfig(json_schema={"type": "object"}), "json_schema"), (GenerateConfig(reasoning="low"), "reasoning")],
)
def test_what_cannot_be_heeded_is_refused_by_name(model: str, config: GenerateConfig, named: str) -> None:
    refused = failure(model, request(config=config))
    assert f"cannot heed `{named}`" in str(refused)
    assert not refused.transient


def test_a_model_without_a_template_wants_completions(tmp_path: Path) -> None:
    bare = f"hf/{tiny.made(tmp_path, template=None)}"
    assert facts(bare).prompt_style == "completion"
    assert "set `prompt_style: completion`" in str(failure(bare, request(TURNS)))


def test_the_facts_name_the_weights_and_what_ran_them(model: str) -> None:
    runtime = facts(model, max_batch=4)
    assert runtime.prompt_style == "chat"
    assert runtime.slots == 8
    assert runtime.facts["dtype"] == "float32"
    assert runtime.facts["device"] == "cpu"
    assert runtime.facts["max_batch"] == "4"
    assert len(runtime.facts["sha256"]) == len(runtime.facts["chat_template"]) == 64
    assert runtime.facts["runtime"].startswith("transformers 5")


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of peft itself
def test_an_adapter_changes_the_model_and_is_named(model: str, tmp_path: Path) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    base = AutoModelForCausalLM.from_pretrained(model.removeprefix("hf/"))
    lora = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    get_peft_model(base, lora).save_pretrained(str(tmp_path))
    [plain] = likelihoods_of(model, [("Hello", " world")])
    [adapted] = likelihoods_of(model, [("Hello", " world")], adapter=str(tmp_path))
    assert abs(plain.logprob - adapted.logprob) > 0.01
    before = facts(model, adapter=str(tmp_path)).facts["adapter_sha256"]
    assert len(before) == 64
    settings = tmp_path / "adapter_config.json"
    settings.write_text(settings.read_text().replace('"lora_alpha": 8', '"lora_alpha": 16'))
    assert facts(model, adapter=str(tmp_path)).facts["adapter_sha256"] != before, "the same weights, applied otherwise"


def test_the_facts_tell_what_lies_beside_the_weights(model: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model.removeprefix("hf/"), folder)
    before = facts(f"hf/{folder}").facts
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"rope_theta": 10000.0', '"rope_theta": 5000.0'))
    after = facts(f"hf/{folder}").facts
    assert before["sha256"] == after["sha256"]
    assert before["config_sha256"] != after["config_sha256"]


@pytest.mark.parametrize(
    ("name", "args", "message"),
    [
        ("hf/nowhere", {}, "unknown embedded model 'nowhere'.*; or give a folder, a .gguf file, or ORGANISATION/NAME"),
        ("hf/./nowhere", {}, "there is no folder nowhere"),
        ("hf/mine", {"path": "nowhere.gguf"}, "args.path: there is no folder and no .gguf file nowhere.gguf"),
        ("hf/mine", {"path": "src"}, "args.path: the folder src has no config.json"),
        ("hf/mine", {"max_batch": 0}, "args.max_batch: expected at least 1"),
        ("hf/mine", {"device": "gpu"}, "args.device: expected auto, cpu, cuda"),
        ("hf/mine", {"dtype": "int8"}, "dtype"),
    ],
)
def test_a_mistake_is_told_before_anything_is_loaded(name: str, args: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        preflight(name, **args)


def test_an_adapter_that_is_none_is_told(model: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"has no adapter_config\.json"):
        preflight(model, adapter=str(tmp_path))


def test_a_device_that_is_not_here_is_told(model: str) -> None:
    with pytest.raises(PluginError, match=r"there is no cuda:99: .* try `device: cpu`"):
        facts(model, device="cuda:99")


def test_it_is_silent(model: str, capfd: pytest.CaptureFixture[str]) -> None:
    answer(model)
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def test_a_gguf_file_is_read_in_silence_and_says_something_sensible(
    embedded_model_home: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    async def ask() -> tuple[Output, float]:
        async with opened("runtime", ModelSpec(model="hf/smollm2-135m").runtime) as runtime:
            said = await runtime.generate(request((Message(role="user", content="What is the capital of France?"),)))
            return said, (await runtime.loglikelihood("The capital of France is", " Paris")).logprob

    said, logprob = asyncio.run(ask())
    assert "Paris" in said.text
    assert said.stop_reason == "stop"
    assert logprob == pytest.approx(-0.258, abs=0.01)
    heard = capfd.readouterr()
    assert (heard.out, heard.err) == ("", "")


def test_what_cannot_be_heeded_is_told_before_the_run(model: str) -> None:
    with pytest.raises(SpecError, match=r"generate\.reasoning: hf cannot heed it"):
        registry.vet(ModelSpec(model=model).runtime, GenerateConfig(reasoning="low"), "chat")
