"""How near a translation comes to those of people: BLEU, chrF and TER, sentence by sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from benchbook import BenchbookError, Generation, Sample, Scorer, SpecError, Verdict, register
from benchbook.plugins.scorers.aside import Aside
from benchbook.plugins.scorers.references import answer_of, references
from benchbook.plugins.scorers.sacrebleu import Form, counted, installed, measure, signature

Tokenizer = Literal["13a", "intl", "zh", "ja-mecab", "ko-mecab", "char", "none"]
_FORMS: tuple[Form, ...] = ("bleu", "chrf", "ter")


def _preflight(tokenizer: Tokenizer, words: int) -> None:
    installed()
    measure("bleu", tokenizer, words)
    if words not in range(3):
        raise SpecError(f"expected 0 (chrF) to 2 (chrF++), got {words}", field=["words"])


@register("scorer", preflight=_preflight, metrics=["bleu", "chrf", "ter"])
def translation(tokenizer: Tokenizer = "13a", words: int = 0) -> Scorer:
    """BLEU, chrF and TER of each answer against the target, or several, by sacreBLEU, and what those of the whole
    corpus are made of. `tokenizer` is BLEU's (`zh` for Chinese …); `words: 2` makes chrF++."""
    return _Translation(tokenizer, words, Aside())


@dataclass(frozen=True)
class _Translation:
    tokenizer: Tokenizer
    words: int
    aside: Aside

    @property
    def facts(self) -> Mapping[str, str]:
        """sacreBLEU's signatures: what must be the same for figures to be compared."""
        return {f"signature.{form}": signature(form, self.tokenizer, self.words) for form in _FORMS}

    async def __call__(self, sample: Sample, generation: Generation) -> Sequence[Verdict]:
        golds, answer = references(sample, "translation"), answer_of(sample, generation)
        return [await self._verdict(form, answer, golds) for form in _FORMS]

    async def _verdict(self, form: Form, answer: str, golds: Sequence[str]) -> Verdict:
        try:
            found = await self.aside.done(lambda: counted(form, answer, golds, self.tokenizer, self.words))
        except BenchbookError as err:
            return Verdict(name=form, error=str(err))
        return Verdict(name=form, value=found.value, trace={form: [*found.numbers]})
