"""Whether the answer says the expected text somewhere."""

import re

from benchbook import Generation, Sample, Scorer, SpecError, Verdict, register
from benchbook.plugins.scorers.references import answer_of, references
from benchbook.plugins.solvers.replies import spoken


@register("scorer")
def includes(*, ignore_case: bool = True, whole_words: bool = True) -> Scorer:
    """1 if the target, or one of several, stands somewhere in the answer (the whole reply, if nothing was extracted).

    With `whole_words`, `4` stands neither in `42` nor in `3.4`, nor `art` in `party`. Thoughts do not count.
    """

    def score(sample: Sample, generation: Generation) -> Verdict:
        targets = references(sample, "includes")
        if not all(target.strip() for target in targets):
            raise SpecError(f"sample {sample.key!r}: includes needs a target that is not empty: that stands everywhere")
        answer = spoken(answer_of(sample, generation))
        if any(_pattern(target.strip(), whole=whole_words, ignore=ignore_case).search(answer) for target in targets):
            return Verdict(value=1.0, label="match")
        return Verdict(value=0.0, label="no match", explanation=f"expected {' or '.join(map(repr, targets))}"[:500])

    return score


def _pattern(target: str, *, whole: bool, ignore: bool) -> re.Pattern[str]:
    words = r"\s+".join(map(re.escape, target.split()))
    if whole and re.match(r"\w", target):
        words = r"(?<!\w)" + (r"(?<!\d[.,])" if target[0].isdigit() else "") + words
    if whole and re.search(r"\w$", target):
        words += r"(?!\w)" + (r"(?![.,]\d)" if target[-1].isdigit() else "")
    return re.compile(words, re.IGNORECASE if ignore else 0)
