"""Whether a short answer is one of those that are right, in three measures."""

from collections.abc import Sequence

from benchbook import Generation, Sample, Scorer, Verdict, register
from benchbook.plugins.scorers.references import references, squad_words
from benchbook.plugins.scorers.token_f1 import word_f1
from benchbook.plugins.solvers.replies import typewritten


@register("scorer")
def qa() -> Scorer:
    """`exact`, `normalised` and `f1` of the answer (the whole reply, if nothing was extracted), each against the target
    that it does best with, normalised and counted as SQuAD does, with typographic quotation marks as plain ones."""

    def score(sample: Sample, generation: Generation) -> Sequence[Verdict]:
        targets = [target.strip() for target in references(sample, "qa")]
        if generation.output is None:
            return (Verdict(error=f"sample {sample.key!r} has no answer"),)
        output = generation.output
        answer = (output.text if output.answer is None else output.answer).strip()
        return (
            _matched("exact", targets, equal=answer in targets),
            _matched("normalised", targets, equal=_words(answer) in map(_words, targets)),
            Verdict(name="f1", value=max(word_f1(_words(answer), _words(target)) for target in targets)),
        )

    return score


def _words(text: str) -> list[str]:
    return squad_words(typewritten(text))


def _matched(name: str, targets: Sequence[str], *, equal: bool) -> Verdict:
    if equal:
        return Verdict(name=name, value=1.0, label="match")
    return Verdict(
        name=name, value=0.0, label="no match", explanation=f"expected {' or '.join(map(repr, targets))}"[:500]
    )
