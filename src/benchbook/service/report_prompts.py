"""Prompts without what they all begin with: examples are shown once, not with every sample."""

from collections.abc import Sequence
from itertools import takewhile

from benchbook.service.report_figures import Asked, RunReport
from benchbook.specs.models import Prompt

LEAST = 200
"""Characters from which on the beginning of a text is worth a place of its own."""

Addressed = list[tuple[Prompt, list[int]]]
"""Prompts, each with the models that got it, by their place."""


def beginning(run: RunReport) -> Prompt:
    """What all prompts of the run begin with: whole turns of a chat, or whole lines of a text; empty if nothing."""
    prompts = list(dict.fromkeys(generation.prompt for _, generation, _ in run.answers))
    texts = [prompt for prompt in prompts if isinstance(prompt, str)]
    chats = [prompt for prompt in prompts if not isinstance(prompt, str)]
    if len(prompts) < 2 or (texts and chats):
        return ""
    if chats:
        return tuple(turns[0] for turns in takewhile(_are_alike, zip(*chats, strict=False)))
    lines = [text.splitlines(keepends=True) for text in texts]
    common = "".join(several[0] for several in takewhile(_are_alike, zip(*lines, strict=False)))
    return common if len(common) >= LEAST else ""


def beginnings(begin: Sequence[Prompt]) -> Addressed:
    """The different beginnings of the models' prompts."""
    return [
        (prompt, [at for at, other in enumerate(begin) if other == prompt]) for prompt in dict.fromkeys(begin) if prompt
    ]


def sent(asked: Asked, begin: Sequence[Prompt]) -> Addressed:
    """What the models were asked in the sample, after their beginnings."""
    found: dict[tuple[Prompt, Prompt], dict[int, None]] = {}
    for at, tries in enumerate(asked.tries):
        for one in tries:
            rest = one.generation.prompt[len(begin[at]) :]
            found.setdefault((begin[at], rest), {})[at] = None
    return [(rest, list(models)) for (_, rest), models in found.items()]


def _are_alike(several: Sequence[object]) -> bool:
    return len(set(several)) == 1
