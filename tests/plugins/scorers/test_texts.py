"""ROUGE, BLEU, chrF, TER and shared words: the figures of the packages that everybody cites, digit by digit."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from nltk.stem.porter import PorterStemmer
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU, CHRF, TER

from benchbook import Fold, Sample, Use, Verdict, build, opened
from benchbook.engine.metrics import fold
from benchbook.plugins.scorers.porter import stem
from benchbook.plugins.scorers.rouge import Kind, looked_at, rouge_of
from benchbook.plugins.scorers.sacrebleu import counted
from benchbook.records.runs import Run
from benchbook.records.scores import Answer, Score
from benchbook.specs.experiments import RunSettings, RunSpec
from benchbook.specs.models import ModelSpec
from benchbook.specs.tasks import TaskSpec
from plugins.scorers.grading import generation, sample

SYSTEM = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him.", "", "Nothing in common"]
REFERENCES = [
    ["The dog bit the man.", "The dog had bit the man."],
    ["It was not unexpected.", "No one was surprised."],
    ["The man bit him first.", "The man had bitten the dog."],
    ["Something was to be said.", "Say something!"],
    ["Ein ganz anderer Satz.", "完全不同的句子"],
]
WORDS = [
    "the",
    "a",
    "cats",
    "cat",
    "running",
    "runs",
    "ran",
    "quickly",
    "national",
    "nation",
    "happily,",
    "dog's",
    "42",
    "foxes",
    "jumping",
    "jumped",
    "over.",
]


def said(scorer: str, target: object, answer: str, **args: Any) -> dict[str, Verdict]:
    async def one() -> Sequence[Verdict]:
        async with opened("scorer", Use(name=scorer, args=args)) as score:
            found = score(sample(target), generation(answer))
            found = await found if asyncio.iscoroutine(found) else found
            return [found] if isinstance(found, Verdict) else found

    return {verdict.name or scorer: verdict for verdict in asyncio.run(one())}


def texts(seed: int, n: int, lines: int = 3) -> list[str]:
    chance = random.Random(seed)

    def line() -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(0, 12)))

    return ["\n".join(line() for _ in range(chance.randint(1, lines))) for _ in range(n)]


@pytest.mark.parametrize("stems", [True, False])
def test_rouge_equals_googles_in_every_digit(stems: bool) -> None:
    kinds: tuple[Kind, ...] = ("rouge1", "rouge2", "rougeL", "rougeLsum")
    google = RougeScorer(kinds, use_stemmer=stems)
    for target, answer in zip(texts(1, 200), texts(2, 200), strict=True):
        expected = google.score(target, answer)
        for kind in kinds:
            one = expected[kind]
            ours = rouge_of(kind, target, answer, stems=stems)
            assert ours == (one.precision, one.recall, one.fmeasure), (kind, target, answer)


def test_rouge_takes_the_nearest_of_several_references() -> None:
    found = said("rouge", ["something else", "the cat sat"], "the cat sat")
    assert {name: verdict.value for name, verdict in found.items()} == dict.fromkeys(
        ("rouge1", "rouge2", "rougeL", "rougeLsum"), 1.0
    )


def test_a_reply_that_repeats_itself_is_scored_as_googles_scores_it() -> None:
    target, answer = "the cat ran\nthe dogs jumped over\na nation", "\n".join(["the dog over", "a cat jumping"] * 60)
    expected = RougeScorer(["rougeLsum"], use_stemmer=True).score(target, answer)["rougeLsum"].fmeasure
    assert said("rouge", target, answer, kinds=["rougeLsum"])["rougeLsum"].value == expected
    endless = said("rouge", "a b c d e f g h i j " * 100, "word a " * 50_000, stems=False)
    assert {name: verdict.error for name, verdict in endless.items()} == dict.fromkeys(endless)
    assert 0 < (endless["rougeLsum"].value or 0) < 0.01


def test_ter_looks_at_fewer_words_of_a_reply_the_longer_the_reference_is() -> None:
    blocks = [" ".join(f"w{at}" for at in range(start, start + 5)) for start in range(0, 100, 5)]
    endless = " ".join(random.Random(1).choices(blocks, k=200)).split()
    [seen, whole] = [
        counted("ter", " ".join(words), [" ".join(blocks)], "13a", 0) for words in (endless[:200], endless)
    ]
    assert whole.numbers == [seen.numbers[0] + 800, 100]
    long = " ".join(f"w{at}" for at in range(600))
    assert counted("ter", long, [long], "13a", 0).value == 0


def test_what_is_too_long_to_be_looked_at_is_said_in_vain() -> None:
    said = [["a", "b"], ["c"], ["a", "b"], ["d", "e"], ["f"]]
    assert list(looked_at(said, 4)) == [("a", "b"), ("c",), ("d",), ()]


def test_stems_are_those_of_nltk() -> None:
    chance = random.Random(0)
    endings = [
        "ational",
        "tional",
        "enci",
        "izer",
        "bli",
        "alli",
        "eli",
        "ization",
        "ator",
        "iveness",
        "aliti",
        "logi",
        "fulli",
        "icate",
        "ical",
        "ness",
        "ement",
        "ion",
    ]
    words = {"skies", "dying", "innings", "proceed", "ties", "died", "agreed", "controlling", "sky", "by", *WORDS}
    letters = "abcdeilostyz"
    words |= {"".join(chance.choices(letters, k=chance.randint(1, 5))) + chance.choice(endings) for _ in range(3000)}
    words |= {word + chance.choice(["s", "ed", "ing", "ly"]) for word in sorted(words)}
    nltk = PorterStemmer()
    assert [word for word in sorted(words) if stem(word) != nltk.stem(word)] == []


@pytest.mark.parametrize(("answer", "target", "f1"), [
    ("The Eiffel Tower!", "eiffel tower", 1.0),
    ("in the tower of London", "Tower of London", 6 / 7),
    ("no", "yes", 0.0),
    ("the", "a", 1.0),
])  # fmt: skip
def test_shared_words_are_counted_as_squad_does(answer: str, target: str, f1: float) -> None:
    assert said("token-f1", target, answer)["token-f1"].value == pytest.approx(f1)


@pytest.mark.parametrize("words", [0, 2])
def test_bleu_chrf_and_ter_of_a_corpus_equal_sacrebleus(words: int) -> None:
    columns = list(zip(*REFERENCES, strict=True))
    measures = {"bleu": BLEU(), "chrf": CHRF(word_order=words), "ter": TER()}
    found = [said("translation", gold, ours, words=words) for gold, ours in zip(REFERENCES, SYSTEM, strict=True)]
    for name, measure in measures.items():
        plugin: Fold = build("metric", Use(name=name))
        numbers = [plugin.numbers(one[name]) for one in found]
        sums = [sum(column) for column in zip(*(each for each in numbers if each), strict=True)]
        assert plugin.figure(sums) == pytest.approx(measure.corpus_score(SYSTEM, columns).score, abs=1e-9), name
        sentence = BLEU(effective_order=True) if name == "bleu" else measure
        for one, ours, gold in zip(found, SYSTEM, REFERENCES, strict=True):
            assert one[name].value == pytest.approx(sentence.sentence_score(ours, gold).score)


@pytest.mark.parametrize("answers", [["the cat sat on the mat"], ["no", "word"], [""], ["the the the cat"]])
def test_a_corpus_without_long_matches_is_smoothed_as_sacrebleu_does(answers: list[str]) -> None:
    gold = ["the cat was sitting on a mat", "is the same"][: len(answers)]
    found = [said("translation", one, ours) for one, ours in zip(gold, answers, strict=True)]
    for name, measure in {"bleu": BLEU(), "chrf": CHRF(), "ter": TER()}.items():
        plugin: Fold = build("metric", Use(name=name))
        numbers = [plugin.numbers(one[name]) for one in found]
        sums = [sum(column) for column in zip(*(each for each in numbers if each), strict=True)]
        assert plugin.figure(sums) == pytest.approx(measure.corpus_score(answers, [gold]).score, abs=1e-9), name


def test_a_translation_says_by_which_signature() -> None:
    async def facts() -> dict[str, str]:
        async with opened("scorer", Use(name="translation", args={"tokenizer": "intl", "words": 2})) as score:
            return dict(score.facts)

    found = asyncio.run(facts())
    assert found["signature.bleu"].startswith("nrefs:var|case:mixed|eff:no|tok:intl|")
    assert "nw:2" in found["signature.chrf"]
    assert found["signature.ter"].count("|") > 2


def test_a_runaway_translation_is_scored_and_never_too_well() -> None:
    gold, answer = "the cat sat on the mat", "cat the sat " * 500
    expected = TER().sentence_score(" ".join(answer.split()[:1000]), [gold])
    found = said("translation", gold, answer)
    assert found["ter"].trace["ter"] == [expected.num_edits + 500, 6]
    assert found["ter"].value == pytest.approx(100 * (expected.num_edits + 500) / 6)
    assert found["chrf"].value == pytest.approx(CHRF().sentence_score(answer, [gold]).score)
    assert all(verdict.error is None for verdict in said("translation", gold, "mat " * 30_000).values())
    assert said("translation", "", "mat " * 2_000)["ter"].value == 100.0


def test_the_run_has_the_figure_of_the_corpus_and_its_slices() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    spec = TaskSpec.parse({"task": "translation", "metrics": ["bleu", "ter"]})
    run = Run(
        id="run", created_at=now, experiment_id="exp", position=0, fingerprint="", dataset_id="data", total=5,
        spec=RunSpec(model=ModelSpec(model="mock/a"), task=spec, settings=RunSettings()),
    )  # fmt: skip

    def answer(at: int) -> Answer:
        asked: Sample = sample(REFERENCES[at]).model_copy(update={"position": at, "id": f"s{at}"})
        given = generation(SYSTEM[at])
        verdicts = said("translation", REFERENCES[at], SYSTEM[at]).values()
        return asked, given, [
            Score(
                id=f"{at}{one.name}", created_at=now, run_id="run", generation_id=given.id, author="code",
                author_id="translation", author_version="1", verdict=one,
            )
            for one in verdicts
        ]  # fmt: skip

    found = {(one.name, one.score): one for one in fold(run, [answer(at) for at in range(5)], now)}
    columns = list(zip(*REFERENCES, strict=True))
    bleu = found["bleu", "bleu"]
    assert bleu.value == pytest.approx(BLEU().corpus_score(SYSTEM, columns).score)
    assert bleu.low is not None
    assert bleu.low <= (bleu.value or 0) <= (bleu.high or 0)
    assert ("bleu", "ter") not in found
    nothing = {(one.name, one.score) for one in fold(run, [answer(4)], now)}
    assert ("mean", "bleu") in nothing  # 0, and yet no failure
    assert ("chrf", "chrf") not in found
    assert found["mean", "chrf"].n == 5
