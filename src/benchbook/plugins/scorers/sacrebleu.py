"""What sacreBLEU counts in a sentence, and what it makes of the sums. It is imported on first use: it is an extra."""

import importlib.util
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from benchbook import PluginError

Form = Literal["bleu", "chrf", "ter"]
_ORDERS = 4
_BETA = 2
_WORDS = 1_000
"""Words of a sentence in which TER looks for moved ones. Each beyond them is an edit: leaving it out is one way to the
reference, and hardly the shortest."""
_PAIRS = 20_000
"""Words of a sentence times those of its longest reference that are looked at so: the search takes seconds. As many as
the reference has are always looked at."""


@dataclass(frozen=True)
class Counts:
    """One sentence: its own figure, and what the corpus's is made of."""

    value: float
    numbers: list[float]


def installed() -> None:
    """Find out whether sacreBLEU is there; PluginError says how to get it."""
    if importlib.util.find_spec("sacrebleu") is None:
        raise PluginError("BLEU, chrF and TER are computed by sacreBLEU; run `pip install 'benchbook[text]'`")


@cache
def measure(form: Form, tokenizer: str, words: int) -> Any:
    """sacreBLEU's own metric for single sentences; `words` is the order of word n-grams in chrF."""
    from sacrebleu.metrics import BLEU, CHRF, TER  # noqa: PLC0415 - as above

    if form == "bleu":
        return BLEU(tokenize=tokenizer, effective_order=True)
    return CHRF(word_order=words, beta=_BETA) if form == "chrf" else TER()


def signature(form: Form, tokenizer: str, words: int) -> str:
    """What sacreBLEU calls the figure of a corpus that is computed so."""
    from sacrebleu.metrics import BLEU  # noqa: PLC0415 - as above

    of = BLEU(tokenize=tokenizer) if form == "bleu" else copy(measure(form, tokenizer, words))
    of.num_refs = -1  # samples may have as many as they like
    return str(of.get_signature())


def counted(form: Form, hypothesis: str, references: Sequence[str], tokenizer: str, words: int) -> Counts:
    """What is counted in one sentence against its references."""
    of = measure(form, tokenizer, words)
    if form == "ter":
        return _edits(of, hypothesis.split(), references)
    score = of.sentence_score(hypothesis, references)
    if form == "bleu":
        return Counts(score.score, [*score.counts, *score.totals, score.sys_len, score.ref_len])
    # sacreBLEU keeps these to itself; the tests hold what we make of them to its figures of whole corpora.
    [numbers] = of._extract_corpus_statistics([hypothesis], [[one] for one in references])  # noqa: SLF001 - as said
    return Counts(score.score, list(numbers))


def _edits(of: Any, hypothesis: Sequence[str], references: Sequence[str]) -> Counts:
    longest = max(len(one.split()) for one in references)
    looked_at = min(_WORDS, max(longest, _PAIRS // max(1, longest)))
    score = of.sentence_score(" ".join(hypothesis[:looked_at]), references)
    numbers = [score.num_edits + len(hypothesis[looked_at:]), score.ref_length]
    return Counts(ter_of(numbers) or 0.0, numbers)


def bleu_of(sums: Sequence[float]) -> float | None:
    """BLEU of a corpus in which so much was counted."""
    from sacrebleu.metrics import BLEU  # noqa: PLC0415 - as above

    correct, total = [int(n) for n in sums[:_ORDERS]], [int(n) for n in sums[_ORDERS : 2 * _ORDERS]]
    return float(BLEU.compute_bleu(correct, total, int(sums[-2]), int(sums[-1]), smooth_method="exp").score)


def chrf_of(sums: Sequence[float]) -> float | None:
    """chrF of a corpus: the F-score of mean precision and recall, over all orders that both texts have."""
    orders = [sums[at : at + 3] for at in range(0, len(sums), 3)]
    known = [(hypothesis, reference, match) for hypothesis, reference, match in orders if hypothesis and reference]
    if not known:
        return 0.0
    precision = sum(match / hypothesis for hypothesis, _, match in known) / len(known)
    recall = sum(match / reference for _, reference, match in known) / len(known)
    if not precision + recall:
        return 0.0
    return 100 * (1 + _BETA**2) * precision * recall / (_BETA**2 * precision + recall)


def ter_of(sums: Sequence[float]) -> float | None:
    """TER of a corpus."""
    edits, length = sums
    if not length:
        return 100.0 if edits else 0.0
    return 100 * edits / length
