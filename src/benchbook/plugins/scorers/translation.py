"""How near a translation comes to those of people: BLEU, chrF and TER, sentence by sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from benchbook import Generation, Sample, Scorer, SpecError, Verdict, register
from benchbook.plugins.scorers.references import answer_of, references
from benchbook.plugins.scorers.sacrebleu import Form, counted, installed, measure, signature

Tokenizer = Literal["13a", "intl", "zh", "ja-mecab", "ko-mecab", "char", "none"]
_FORMS: tuple[Form, ...] = ("bleu", "chrf", "ter")
_LONGEST = 20_000
"""Characters; TER looks for moved words, and would look for hours."""


def _preflight(tokenizer: Tokenizer, words: int) -> None:
    installed()
    measure("bleu", tokenizer, words)
    if words not in range(3):
        raise SpecError(f"expected 0 (chrF) to 2 (chrF++), got {words}", field=["words"])


@register("scorer", preflight=_preflight, metrics=["bleu", "chrf", "ter"])
def translation(tokenizer: Tokenizer = "13a", words: int = 0) -> Scorer:
    """BLEU, chrF and TER of each answer against the target, or several, by sacreBLEU, and what those of the whole
    corpus are made of. `tokenizer` is BLEU's (`zh` for Chinese …); `words: 2` makes chrF++."""
    return _Translation(tokenizer, words)


@dataclass(frozen=True)
class _Translation:
    tokenizer: Tokenizer
    words: int

    @property
    def facts(self) -> Mapping[str, str]:
        """sacreBLEU's signatures: what must be the same for figures to be compared."""
        return {f"signature.{form}": signature(form, self.tokenizer, self.words) for form in _FORMS}

    def __call__(self, sample: Sample, generation: Generation) -> Sequence[Verdict]:
        golds, answer = references(sample, "translation"), answer_of(sample, generation)
        if len(answer) > _LONGEST:
            return [
                Verdict(
                    name=form, error=f"the answer has {len(answer):,} characters; {_LONGEST:,} are compared at most"
                )
                for form in _FORMS
            ]
        return [self._verdict(form, answer, golds) for form in _FORMS]

    def _verdict(self, form: Form, answer: str, golds: Sequence[str]) -> Verdict:
        found = counted(form, answer, golds, self.tokenizer, self.words)
        return Verdict(name=form, value=found.value, trace={form: [*found.numbers]})
