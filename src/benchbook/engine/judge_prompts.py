"""What a judge is asked: the rubric, the form of the answer, and the material, fenced so that none of it is obeyed."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from benchbook.protocols import Question
from benchbook.records.generations import Generation
from benchbook.records.scores import Score
from benchbook.specs.judging import PLACES, Judging
from benchbook.specs.models import Message, Prompt, PromptStyle
from benchbook.specs.rubric_forms import JsonObject, criteria, example, schema, sources

_PLACE = re.compile("{(" + "|".join(PLACES) + ")}")

_SHOWN = 2000
"""Characters of what a check has to say; programs print at length."""


@dataclass(frozen=True)
class Asker:
    """Writes the prompts of a judge run; what all of them share is made once."""

    judging: Judging
    style: PromptStyle

    @cached_property
    def schema(self) -> JsonObject:
        """What the answer is bound to."""
        return schema(self.judging.rubric)

    @property
    def shared(self) -> int:
        """How much of the beginning all prompts have in common, as a Request counts it."""
        return 1 if self.style == "chat" else len(self._system)

    def prompt(self, question: Question) -> Prompt:
        """The prompt for one question."""
        blocks = list(_material(question, self.judging))
        mark = _mark(blocks)
        inputs = "\n\n".join(f"<<<{mark} {label}>>>\n{text}\n<<<{mark} end of {label}>>>" for label, text in blocks)
        return self._turns(_filled(self.judging.prompt.user, {"inputs": inputs, "marker": mark, **self._parts}))

    def shown(self, question: Question) -> list[str]:
        """All the texts of the material: whatever stands in them is not the judge's own."""
        return [text for _, text in _material(question, self.judging)]

    def repair(self, prompt: Prompt, said: str, errors: Sequence[str]) -> Prompt:
        """The prompt that asks once more, after an answer that could not be read."""
        wrong = "\n".join(f"- {error}" for error in errors)
        again = (
            f"Your answer could not be read:\n{wrong}\n\n"
            "Answer again: the JSON object of the form, whole and mended, and nothing else."
        )
        if isinstance(prompt, str):
            return f"{prompt}{said}\n\n{again}\n\n"
        return (*prompt, Message(role="assistant", content=said or "(nothing)"), Message(role="user", content=again))

    def _turns(self, user: str) -> Prompt:
        if self.style == "chat":
            return (Message(role="system", content=self._system), Message(role="user", content=user))
        return f"{self._system}\n\n{user}\n\n"

    @cached_property
    def _parts(self) -> dict[str, str]:
        rubric = self.judging.rubric
        blank = json.dumps(example(rubric), indent=1, ensure_ascii=False)
        told = (
            "Answer with one JSON object of this form and nothing else. Justify before you decide; quote word for "
            "word, or leave a quote empty; `cannot_tell` where you cannot decide.\n\n"
        )
        return {"rubric": criteria(rubric), "form": told + blank}

    @cached_property
    def _system(self) -> str:
        return _filled(self.judging.prompt.system, {**self._parts, "marker": "(below)"})


def digest_of(prompt: Prompt) -> str:
    """A prompt in few letters, as verdicts name it."""
    whole = prompt if isinstance(prompt, str) else "\0".join(f"{turn.role}\0{turn.content}" for turn in prompt)
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def texts_of(question: Question) -> dict[str, str]:
    """The texts that may be quoted, by the names that they have in this question."""
    answers = [_text(generation) for generation in question.matter.answers]
    shown = dict(zip(sources(question.rubric), reversed(answers) if question.swapped else answers, strict=True))
    ideal = question.matter.sample.row.metadata.get("ideal_response")
    return {**shown, "ideal_response": ideal} if isinstance(ideal, str) else shown


def _material(question: Question, judging: Judging) -> Iterator[tuple[str, str]]:
    row = question.matter.sample.row
    yield "problem", _said(row.input)
    known = {"reference": row.target, **row.metadata}
    for label in judging.inputs:
        value = known.get(label)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            yield label, str(value)
    answers = list(zip(question.matter.answers, question.matter.scores, strict=True))
    for name, (answer, scores) in zip(
        sources(question.rubric), reversed(answers) if question.swapped else answers, strict=True
    ):
        yield name, _text(answer)
        evidence = "\n".join(_evidence(scores)) if judging.evidence else ""
        if evidence:
            yield f"checks of {name}", evidence


def _evidence(scores: Sequence[Score]) -> Iterator[str]:
    """What code has found out about an answer."""
    for score in scores:
        verdict = score.verdict
        if score.author == "code" and verdict.error is None:
            said = f": {verdict.explanation[:_SHOWN]}" if verdict.explanation else ""
            yield f"{score.name}: {verdict.label or verdict.value}{said}"


def _text(generation: Generation | None) -> str:
    return generation.output.text if generation and generation.output else ""


def _said(prompt: Prompt) -> str:
    if isinstance(prompt, str):
        return prompt
    if len(prompt) == 1:
        return prompt[0].content
    return "\n\n".join(f"{turn.role}: {turn.content}" for turn in prompt)


def _mark(blocks: Sequence[tuple[str, str]]) -> str:
    """A mark that no text of the material bears. It follows from all of them, so whoever wrote one of them could not
    know it; and the same question has the same mark, or no answer would ever be found in the cache."""
    whole = hashlib.sha256()
    for label, text in blocks:
        whole.update(f"{label}\0{len(text)}\0{text}\0".encode("utf-8", "surrogatepass"))
    mark = whole.hexdigest()[:20]
    return mark if all(mark not in text for _, text in blocks) else _mark([*blocks, ("again", mark)])


def _filled(template: str, parts: Mapping[str, str]) -> str:
    # In one go: a part may itself contain what looks like a place.
    return _PLACE.sub(lambda found: parts.get(found[1], found[0]), template)
