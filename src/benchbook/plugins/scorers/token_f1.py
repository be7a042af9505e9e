"""How many words an answer shares with the expected one."""

from collections import Counter
from collections.abc import Sequence

from benchbook import Generation, Sample, Scorer, Verdict, register
from benchbook.plugins.scorers.references import answer_of, references, squad_words


@register("scorer")
def token_f1() -> Scorer:
    """The F1 of words shared with the target, the best of several, as SQuAD has it (Rajpurkar et al. 2016): small
    letters, without punctuation and articles."""

    def score(sample: Sample, generation: Generation) -> Verdict:
        answer = squad_words(answer_of(sample, generation))
        value = max(word_f1(answer, squad_words(target)) for target in references(sample, "token-f1"))
        return Verdict(value=value)

    return score


def word_f1(answer: Sequence[str], target: Sequence[str]) -> float:
    """The F1 of the words of two texts; of two without any, 1."""
    if not answer or not target:
        return float(answer == target)
    shared = (Counter(answer) & Counter(target)).total()
    return 2 * shared / (len(answer) + len(target))
