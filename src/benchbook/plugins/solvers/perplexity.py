"""Texts that the model reads, and does not answer."""

from benchbook import Generate, Output, Sample, Solver, SpecError, register


@register("solver")
def perplexity(window: int = 1024) -> Solver:
    """Find out how likely the model finds the sample's text, read in windows of so many tokens one after the other, as
    lm-evaluation-harness does (`loglikelihood_rolling`)."""
    if window < 2:
        raise SpecError(f"expected at least 2, got {window}", field=["window"])

    async def solve(sample: Sample, generate: Generate) -> Output:
        text = sample.row.input
        if not isinstance(text, str) or not text:
            raise SpecError(f"sample {sample.key!r}: perplexity is of a text, not of a conversation or of nothing")
        likelihood = await generate.loglikelihood_rolling(text, window)
        return Output(
            text="",
            stop_reason="stop",
            latency=likelihood.latency,
            likelihoods=(likelihood,),
            answer_rule=f"windows of {window}",
        )

    return solve
