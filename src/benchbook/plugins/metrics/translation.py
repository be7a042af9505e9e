"""BLEU, chrF and TER of a whole corpus, from what the scorer `translation` counted in each sentence."""

from collections.abc import Sequence

from benchbook import Fold, Verdict, register
from benchbook.plugins.scorers.sacrebleu import Form, bleu_of, chrf_of, installed, ter_of


@register("metric")
def bleu() -> Fold:
    """BLEU of the corpus (Papineni et al. 2002), 0 to 100, as sacreBLEU computes it."""
    installed()
    return Fold(lambda verdict: _numbers(verdict, "bleu"), bleu_of)


@register("metric")
def chrf() -> Fold:
    """chrF of the corpus (Popović 2015), 0 to 100, as sacreBLEU computes it; chrF++ where the scorer counts words."""
    return Fold(lambda verdict: _numbers(verdict, "chrf"), chrf_of)


@register("metric")
def ter() -> Fold:
    """TER of the corpus (Snover et al. 2006), in edits per hundred words: the lower, the better."""
    return Fold(lambda verdict: _numbers(verdict, "ter"), ter_of)


def _numbers(verdict: Verdict, form: Form) -> Sequence[float] | None:
    counts = verdict.trace.get(form)
    if verdict.name != form or not isinstance(counts, list):
        return None
    return [float(count) for count in counts if isinstance(count, int | float)]
