"""How well a model foretells a text."""

import math
import re

from benchbook import Generation, Sample, Scorer, SpecError, Verdict, register


@register("scorer", metrics=["word_perplexity", "byte_perplexity", "bits_per_byte", "token_perplexity"])
def perplexity() -> Scorer:
    """Bits that each byte of the text takes, and what the perplexity of all texts together is made of. Words are what
    stands between blanks, bytes are UTF-8, tokens are the model's own: models are compared by the first two."""

    def score(sample: Sample, generation: Generation) -> Verdict:
        text = sample.row.input
        if not isinstance(text, str):
            raise SpecError(f"sample {sample.key!r} is a conversation; perplexity is of a text")
        if generation.output is None or len(generation.output.likelihoods) != 1:
            return Verdict(error="no text was read; take the solver perplexity")
        [likelihood] = generation.output.likelihoods
        if not math.isfinite(likelihood.logprob):
            return Verdict(error="the model gave no number for the text (NaN or infinity); try another dtype")
        size = len(text.encode("utf-8", "surrogatepass"))
        return Verdict(
            value=-likelihood.logprob / size / math.log(2),
            trace={
                "logprob": likelihood.logprob,
                "words": len(re.split(r"\s+", text)),
                "bytes": size,
                "tokens": likelihood.tokens,
            },
        )

    return score
