"""Whether a short answer is one of those that are right, in three measures."""

import re
import string
from collections import Counter
from collections.abc import Sequence

from benchbook import Generation, Sample, Scorer, SpecError, Verdict, register

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_UNPUNCTUATED = str.maketrans("", "", string.punctuation + "“”‘’„")


@register("scorer")
def qa() -> Scorer:
    """`exact`, `normalised` and `f1` of the answer (the whole reply, if nothing was extracted), each against the target
    that it does best with, normalised and counted as SQuAD does."""

    def score(sample: Sample, generation: Generation) -> Sequence[Verdict]:
        targets = _targets(sample)
        if generation.output is None:
            return (Verdict(error=f"sample {sample.key!r} has no answer"),)
        output = generation.output
        answer = (output.text if output.answer is None else output.answer).strip()
        return (
            _matched("exact", targets, equal=answer in targets),
            _matched("normalised", targets, equal=squad(answer) in map(squad, targets)),
            Verdict(name="f1", value=max(token_f1(answer, target) for target in targets)),
        )

    return score


def squad(text: str) -> str:
    """The text as SQuAD compares it: no case, punctuation, articles or blanks too many."""
    return " ".join(_ARTICLE.sub(" ", text.lower().translate(_UNPUNCTUATED)).split())


def token_f1(answer: str, target: str) -> float:
    """The harmonic mean of the shares of words that answer and target have in common."""
    given, wanted = squad(answer).split(), squad(target).split()
    if not given or not wanted:
        return float(given == wanted)
    common = (Counter(given) & Counter(wanted)).total()
    return 2 * common / (len(given) + len(wanted))


def _targets(sample: Sample) -> list[str]:
    targets = sample.target if isinstance(sample.target, list) else [sample.target]
    if not targets or not all(isinstance(target, str) for target in targets):
        raise SpecError(f"sample {sample.key!r}: qa needs a target that is a text or a list of texts")
    return [target.strip() for target in targets]


def _matched(name: str, targets: Sequence[str], *, equal: bool) -> Verdict:
    if equal:
        return Verdict(name=name, value=1.0, label="match")
    return Verdict(
        name=name, value=0.0, label="no match", explanation=f"expected {' or '.join(map(repr, targets))}"[:500]
    )
