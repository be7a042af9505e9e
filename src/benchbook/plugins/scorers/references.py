"""Texts that an answer is laid beside."""

import re
import string

from benchbook import Generation, Sample, SpecError


def references(sample: Sample, scorer: str) -> list[str]:
    """The sample's target or targets; SpecError if they are no texts."""
    targets = sample.target if isinstance(sample.target, list) else [sample.target]
    if not targets or not all(isinstance(target, str) for target in targets):
        raise SpecError(f"sample {sample.key!r}: {scorer} needs a target that is a text or a list of texts")
    return targets


def answer_of(sample: Sample, generation: Generation) -> str:
    """What was answered: the whole reply, if nothing was extracted."""
    if generation.output is None:
        raise SpecError(f"sample {sample.key!r} has no answer")
    return generation.output.text if generation.output.answer is None else generation.output.answer


def squad_words(text: str) -> list[str]:
    """The words of a text as SQuAD compares them: small letters, without punctuation and articles."""
    small = "".join(character for character in text.lower() if character not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", small).split()
