"""`semantic-similarity` beside ROUGE-L and the cosine by TF-IDF, where it is known what belongs together.

AUC: how often a text that belongs to a reference gets more than one that does not (0.5 is chance). TruthfulQA: the best
answer to a question, and another true one; beside those of other questions, and beside a false one to the same
question, which is about the same and should fool them all. Mr-Ben biology: two models' way to the right answer to a
question, beside those to other questions. Mixtures: the best answers to four questions; none to four of them said in
other words, the rest changed for answers to other questions: Spearman's correlation of the figure with how many were
kept.

Topics, as `benchbook slices` makes them: how far the groups are those that the data have, TruthfulQA's largest
categories and the data set a question is from (normalised mutual information, 1 is all; the median of five seeds)."""

import asyncio
import csv
import gzip
import json
import math
import os
import random
import resource
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.timing import table
from benchbook import Generation, Output, Row, Sample, Use, opened
from benchbook.engine.topics import topics, words_of

SHARED = Path(__file__).parents[2] / "shared/data"
QUESTIONS = int(os.environ.get("BENCH_QUESTIONS", "150"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)

Pair = tuple[str, str]
Figures = dict[str, list[float]]
"""By the name of the measure, of each pair."""


def measure() -> str:
    """The table."""
    if not SHARED.exists():
        return "Not measured: ../shared/data is not here."
    chance = random.Random(0)
    answers = _answers(chance)
    right = [(best, other) for best, other, _ in answers]
    false = [(best, wrong) for best, _, wrong in answers]
    told = _explanations(chance)
    mixed, kept = _mixtures(right, chance)
    sets = {"right": right, "apart": _apart(right), "false": false, "told": told, "told apart": _apart(told)}
    found, cpu = asyncio.run(_figures({**sets, "mixed": mixed}))
    rows = []
    for name in found["right"]:
        of = {each: figures[name] for each, figures in found.items()}
        aucs = _auc(of["right"], of["apart"]), _auc(of["right"], of["false"]), _auc(of["told"], of["told apart"])
        rows.append([name, *(f"{auc:.3f}" for auc in aucs), f"{_spearman(of['mixed'], kept):.3f}"])
    header = ["", f"{len(right)} answers", "… beside false ones", f"{len(told)} explanations", f"{len(mixed)} mixtures"]
    n = sum(len(pairs) for pairs in (*sets.values(), mixed))
    spent = f"{1000 * cpu / n:.0f} ms of processor time a pair for `semantic-similarity`."
    return "\n\n".join([table(header, rows), spent, _topics(chance)])


def _topics(chance: random.Random) -> str:
    rows = []
    for name, labelled in (("by category", _by_category(chance)), ("by data set", _by_set(chance))):
        texts, labels = [text for text, _ in labelled], [label for _, label in labelled]
        words, groups = [words_of(text) for text in texts], len({*labels})
        for kind, meanings in (("words", None), ("meaning", asyncio.run(_embedded(texts)))):
            shares = [_shared(topics(words, groups, seed, meanings).of, labels) for seed in range(5)]
            rows.append([f"{len(texts)} questions {name} ({groups}), {kind}", f"{median(shares):.2f}"])
    return table(["", "shared information"], rows)


async def _figures(sets: dict[str, list[Pair]]) -> tuple[dict[str, Figures], float]:
    """What each measure says of all pairs, and the processor time of ours."""
    weights = _weights(text for pairs in sets.values() for pair in pairs for text in pair)
    found: dict[str, Figures] = {}
    spent = 0.0
    async with AsyncExitStack() as stack:
        rouge, ours = [
            await stack.enter_async_context(opened("scorer", Use(name=name)))
            for name in ("rouge", "semantic-similarity")
        ]
        for name, pairs in sets.items():
            verdicts = [{one.name: one.value for one in rouge(_sample(a), _generation(b))} for a, b in pairs]
            began = _cpu()
            traces = [(await ours(_sample(a), _generation(b))).trace for a, b in pairs]
            spent += _cpu() - began
            found[name] = {
                "TF-IDF": [_cosine(a, b, weights) for a, b in pairs],
                "ROUGE-1": [each["rouge1"] for each in verdicts],
                "ROUGE-L": [each["rougeL"] for each in verdicts],
                **{f"semantic-similarity, {side}": [trace[side] for trace in traces] for side in traces[0]},
            }
    return found, spent


async def _embedded(texts: Sequence[str]) -> Sequence[Sequence[float]]:
    async with opened("embedder", Use(name="llamacpp")) as embedder:
        found: Sequence[Sequence[float]] = await embedder.embed(texts)
        return found


def _by_category(chance: random.Random) -> list[tuple[str, str]]:
    with (SHARED / "truthfulqa/TruthfulQA.csv").open(newline="") as file:
        rows = [(row["Question"], row["Category"]) for row in csv.DictReader(file)]
    largest = {category for category, _ in Counter(category for _, category in rows).most_common(8)}
    found = [row for row in rows if row[1] in largest]
    return chance.sample(found, min(len(found), 2 * QUESTIONS))


def _by_set(chance: random.Random) -> list[tuple[str, str]]:
    found = []
    for path, field in (
        ("gsm8k/test.jsonl", "question"),
        ("mbpp/mbpp.jsonl", "text"),
        ("ifeval/input_data.jsonl", "prompt"),
    ):
        with (SHARED / path).open() as file:
            texts = [json.loads(line)[field] for line in file]
        found += [(text[:1000], path) for text in chance.sample(texts, QUESTIONS // 3)]
    with (SHARED / "mmlu/mmlu_stem_dev.jsonl").open() as file:
        rows = [json.loads(line) for line in file]
    return found + [(row["question"], row["type"]) for row in chance.sample(rows, QUESTIONS)]


def _shared(groups: Sequence[int | None], labels: Sequence[str]) -> float:
    n = len(labels)
    both, ours, theirs = Counter(zip(groups, labels, strict=True)), Counter(groups), Counter(labels)
    shared = sum(k / n * math.log(k * n / ours[group] / theirs[label]) for (group, label), k in both.items())
    of_each = [-sum(k / n * math.log(k / n) for k in counts.values()) for counts in (ours, theirs)]
    return 2 * shared / sum(of_each)


def _answers(chance: random.Random) -> list[tuple[str, str, str]]:
    """The best answer to a question, another that is right, and one that is wrong."""
    with (SHARED / "truthfulqa/TruthfulQA.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    found = []
    for row in chance.sample(rows, len(rows)):
        best = row["Best Answer"].strip()
        right, wrong = ([one.strip() for one in row[f"{kind} Answers"].split(";")] for kind in ("Correct", "Incorrect"))
        others = [one for one in right if one and one.rstrip(".") not in (best.rstrip("."), "I have no comment")]
        if others and any(wrong):
            found.append((best, chance.choice(others), chance.choice([one for one in wrong if one])))
    return found[:QUESTIONS]


def _explanations(chance: random.Random) -> list[Pair]:
    """What two models wrote on the way to the right answer to the same question."""
    with gzip.open(SHARED / "mr_ben/biology.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    told: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if row["Model_Solution_Correctness"] == "correct":
            told[row["Question"]].append("\n".join(row["Model_Solution_Steps"]))
    pairs = [(first, second) for first, second, *_ in (each for each in told.values() if len(each) > 1)]
    return chance.sample(pairs, min(len(pairs), QUESTIONS // 5))


def _mixtures(right: Sequence[Pair], chance: random.Random) -> tuple[list[Pair], list[float]]:
    mixed, kept = [], []
    for number in range(QUESTIONS // 2):
        chosen = chance.sample(right, 8)
        same = number % 5
        said = [other for _, other in chosen[:same]] + [other for _, other in chosen[4 : 8 - same]]
        mixed.append((_text(best for best, _ in chosen[:4]), _text(chance.sample(said, 4))))
        kept.append(float(same))
    return mixed, kept


def _text(sentences: Iterable[str]) -> str:
    return " ".join(f"{sentence.rstrip('.')}." for sentence in sentences)


def _apart(pairs: Sequence[Pair]) -> list[Pair]:
    """Each first with the second of another."""
    return [(first, second) for (first, _), (_, second) in zip(pairs, [*pairs[7:], *pairs[:7]], strict=True)]


def _weights(texts: Iterable[str]) -> dict[str, float]:
    known = [{*text.lower().split()} for text in {*texts}]
    counts = Counter(word for words in known for word in words)
    return {word: math.log(len(known) / n) for word, n in counts.items()}


def _cosine(a: str, b: str, weights: dict[str, float]) -> float:
    first, second = ({w: n * weights[w] for w, n in Counter(text.lower().split()).items()} for text in (a, b))
    lengths = math.hypot(*first.values()) * math.hypot(*second.values())
    return sum(first[word] * second[word] for word in first.keys() & second) / (lengths or 1)


def _auc(right: Sequence[float], wrong: Sequence[float]) -> float:
    return sum((a > b) + (a == b) / 2 for a in right for b in wrong) / len(right) / len(wrong)


def _spearman(a: Sequence[float], b: Sequence[float]) -> float:
    first, second = _ranks(a), _ranks(b)
    middle = (len(a) - 1) / 2
    shared = sum((x - middle) * (y - middle) for x, y in zip(first, second, strict=True))
    return shared / math.sqrt(math.prod(sum((x - middle) ** 2 for x in ranks) for ranks in (first, second)))


def _ranks(values: Sequence[float]) -> list[float]:
    return [sum((other < value) + (other == value) / 2 for other in values) - 0.5 for value in values]


def _sample(target: str) -> Sample:
    row = Row(key="sample", input="?", target=target)
    return Sample(id="sample", created_at=NOW, dataset_id="data", position=0, row=row)


def _generation(text: str) -> Generation:
    output = Output(text=text)
    return Generation(id="it", created_at=NOW, run_id="run", sample_id="sample", epoch=1, prompt="?", output=output)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
