"""Texts that are written anew: summaries and translations, from a file of one's own."""

from benchbook import TaskSpec, Use, register
from benchbook.plugins.tasks.copies import given


@register("task")
def summarization(
    data: str | None = None,
    text: str = "text",
    summary: str = "summary",
    slice: str | None = None,  # noqa: A002 - what a spec calls it
    template: str = "Summarize the following text.\n\n{input}\n\nSummary:",
) -> TaskSpec:
    """Summaries, by ROUGE: a .jsonl file with the fields `text` and `summary` (one, or a list); the arguments name
    others."""
    return TaskSpec(
        name="summarization",
        dataset=_rows(data, text, summary, slice),
        solver=Use(name="generate", args={"template": template}),
        scorers=(Use(name="rouge"), Use(name="token-f1")),
    )


@register("task")
def translation(
    data: str | None = None,
    source: str = "source",
    target: str = "target",
    slice: str | None = None,  # noqa: A002 - what a spec calls it
    into: str = "English",
    tokenizer: str = "13a",
) -> TaskSpec:
    """Translations, by BLEU, chrF and TER: a .jsonl file with the fields `source` and `target` (one, or a list); the
    arguments name others, and the language to translate `into`. `tokenizer` is BLEU's."""
    template = f"Translate the following text into {into}. Answer with the translation alone.\n\n{{input}}"
    return TaskSpec(
        name="translation",
        dataset=_rows(data, source, target, slice),
        solver=Use(name="generate", args={"template": template}),
        scorers=(Use(name="translation", args={"tokenizer": tokenizer}),),
        smaller_is_better=("ter",),
    )


@register("task")
def perplexity(
    data: str | None = None,
    text: str = "text",
    slice: str | None = None,  # noqa: A002 - what a spec calls it
    window: int = 1024,
) -> TaskSpec:
    """How well a model foretells texts: a .jsonl file with the field `text`, or the one named. `window` is how many
    tokens are read at once."""
    return TaskSpec(
        name="perplexity",
        dataset=_rows(data, text, None, slice),
        solver=Use(name="perplexity", args={"window": window}),
        scorers=(Use(name="perplexity"),),
        smaller_is_better=("perplexity",),
    )


def _rows(data: str | None, text: str, target: str | None, part: str | None) -> Use:
    file = given(data, "say where the texts are: the path of a .jsonl file")
    return Use(name="jsonl", args={"file": file, "input": text, "target": target, "slice": part})
