"""The same weights (SmolLM2-135M, Q4_1) under three runtimes: in process by llama.cpp, by Transformers (dequantised to
float32), and behind llama.cpp's own server. 20 chat prompts, greedy, 32 tokens at most; 20 continuations weighed after
10 contexts. The first runtime of each row is compared with the second.

Why they differ. The tokens that go in are the same. llama.cpp computes with the quantised weights, and rounds
activations to eight bits for each product; Transformers turns the weights into float32 once, and rounds nothing more.
So log-probabilities differ by tenths of a nat for a continuation of some tokens, and where two tokens are nearly as
likely greedy texts part, for good. In a batch Transformers adds up in another order than alone: that is the last digits
of a float32. The server may keep what it has of the last prompt, and then computes the rest in other pieces; it gives
no log-likelihoods. Compare runtimes by scores or likelihoods, never by texts."""

import asyncio
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from bench.timing import table
from benchbook import GenerateConfig, Likelihood, Message, ModelSpec, Request, Runtime, opened

_SERVER = Path(__file__).parents[1] / "tests" / "plugins" / "runtimes" / "llama_server.py"
_NAME = "smollm2-135m"
_HF = importlib.util.find_spec("torch") is not None and importlib.util.find_spec("transformers") is not None

QUESTIONS = (
    "What is the capital of France?", "Name three colours.", "Count to ten.", "What is 7 times 8?",
    "Say hello in Spanish.",
    "Write a haiku about rain.", "Why is the sky blue?", "Who wrote Hamlet?", "List four planets.",
    "What is a prime number?",
    "Write a Python function that reverses a string.", "What do bees make?", "Translate 'cat' to French.",
    "What is the opposite of hot?", "Name a large city in Japan.", "How many legs has a spider?",
    "What is water made of?",
    "Finish the sentence: the early bird", "What comes after Tuesday?", "Is a tomato a fruit?",
)  # fmt: skip
CONTINUATIONS = (
    ("The capital of France is", (" Paris", " London")), ("Two plus two is", (" four", " five")),
    ("Question: Which is a fruit?\nAnswer:", (" an apple", " a hammer")),
    ("Water boils at", (" 100 degrees", " 3 degrees")),
    ("def add(a, b):\n    return", (" a + b", " a - b")), ("The opposite of hot is", (" cold", " warm")),
    ("Once upon a time there", (" was a king", " is sugar")), ("Monday, Tuesday,", (" Wednesday", " Friday")),
    ("A spider has", (" eight legs", " two legs")), ("To be, or not to", (" be", " do")),
)  # fmt: skip


@dataclass(frozen=True)
class _Said:
    """What a runtime says to all of it."""

    texts: list[list[str]]
    """In words."""
    likelihoods: list[Likelihood] | None


def measure() -> str:
    """The table."""
    told = asyncio.run(_told())
    pairs = [
        ("llamacpp", "llamacpp again"), ("llamacpp", "server"), ("hf", "llamacpp"), ("hf", "hf, batches of 8"),
    ]  # fmt: skip
    rows = [_row(left, right, told[left], told[right]) for left, right in pairs if left in told and right in told]
    heading = [
        "", "same texts", "words before they part", "log-likelihoods: mean and largest difference",
        "same preference", "same greedy flag",
    ]  # fmt: skip
    missing = "" if _HF else "\n\n`hf` was not measured: its extra is not installed."
    return table(heading, rows) + missing


async def _told() -> dict[str, _Said]:
    command: list[str] = ["{python}", str(_SERVER), "{port}", "{model}"]
    models: dict[str, ModelSpec] = {
        "llamacpp": _model("llamacpp", threads=1),
        "llamacpp again": _model("llamacpp", threads=1),
        "server": ModelSpec(
            model="server/xllamacpp",
            args={"weights": _NAME, "command": [*command], "health": "/health", "dialect": "llamacpp"},
        ),
    }
    if _HF:
        models |= {"hf": _model("hf", max_batch=1), "hf, batches of 8": _model("hf", max_batch=8)}
    return {name: await _asked(model, backwards=name == "llamacpp again") for name, model in models.items()}


def _model(runtime: str, **args: Any) -> ModelSpec:
    return ModelSpec(model=f"{runtime}/{_NAME}", args=args)


async def _asked(model: ModelSpec, *, backwards: bool) -> _Said:
    """All answers, in the order of the questions, whatever order they were asked in."""
    config = GenerateConfig(max_tokens=32, temperature=0.0)
    asked = [Request((Message(role="user", content=question),), config, question, 1) for question in QUESTIONS]
    pairs = [(context, text) for context, texts in CONTINUATIONS for text in texts]
    turn = -1 if backwards else 1
    async with opened("runtime", model.runtime) as runtime:
        assert isinstance(runtime, Runtime)
        said = (await asyncio.gather(*map(runtime.generate, asked[::turn])))[::turn]
        weigh = runtime.loglikelihood
        weighed = None if weigh is None else (await asyncio.gather(*(weigh(*pair) for pair in pairs[::turn])))[::turn]
    return _Said([each.text.split() for each in said], weighed)


def _row(left: str, right: str, ours: _Said, theirs: _Said) -> list[str]:
    common = [_common(one, other) for one, other in zip(ours.texts, theirs.texts, strict=True) if one != other]
    same = len(QUESTIONS) - len(common)
    parted = f"{sum(common) / len(common):.1f}" if common else "–"
    return [f"{left} – {right}", f"{same} of {len(QUESTIONS)}", parted, *_of_likelihoods(ours, theirs)]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))


def _of_likelihoods(ours: _Said, theirs: _Said) -> list[str]:
    if ours.likelihoods is None or theirs.likelihoods is None:
        return ["none given", "–", "–"]
    pairs = list(zip(ours.likelihoods, theirs.likelihoods, strict=True))
    apart = [abs(one.logprob - other.logprob) for one, other in pairs]
    flags = sum(one.greedy == other.greedy for one, other in pairs)
    first, second = pairs[::2], pairs[1::2]
    alike = sum(
        (a[0].logprob > b[0].logprob) == (a[1].logprob > b[1].logprob) for a, b in zip(first, second, strict=True)
    )
    return [
        f"{sum(apart) / len(apart):.1g}, {max(apart):.1g}", f"{alike} of {len(first)}", f"{flags} of {len(pairs)}",
    ]  # fmt: skip
