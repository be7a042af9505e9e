"""Whether the answer is the expected text."""

from benchbook import Generation, Sample, Scorer, Verdict, register
from benchbook.plugins.scorers.references import references


@register("scorer")
def exact_match(*, ignore_case: bool = False, strip: bool = True) -> Scorer:
    """1 if the answer (the whole reply, if nothing was extracted) equals the target, or one of several targets."""

    def normal(text: str) -> str:
        text = text.strip() if strip else text
        return text.casefold() if ignore_case else text

    def score(sample: Sample, generation: Generation) -> Verdict:
        targets = references(sample, "exact-match")
        if generation.output is None:
            return Verdict(error=f"sample {sample.key!r} has no answer")
        answer = generation.output.text if generation.output.answer is None else generation.output.answer
        if normal(answer) in map(normal, targets):
            return Verdict(value=1.0, label="match")
        return Verdict(value=0.0, label="no match", explanation=f"expected {' or '.join(map(repr, targets))}"[:500])

    return score
