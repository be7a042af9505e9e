"""A judge without a model: it says what tests, the comparison with the right answer, and plain rules of form settle."""

import json
from typing import Any

from benchbook import Item, Output, Question, Request, Runtime, RuntimeFailed, register, settled

_TOLD = {
    "checks": "by its tests or the comparison with the right answer",
    "complete": "by whether there is an answer that was not cut off",
    "format": "by whether an answer could be extracted",
}
_PASSED = {True: "passes", False: "fails"}


@register("runtime")
def rules(model: str = "offline") -> Runtime:
    """Fills in a rubric by the rules that its items name (`settled_by`); whatever else is asked, it cannot tell. Always
    the same for the same answers, and never a guess."""

    async def generate(request: Request) -> Output:
        question = request.question
        if question is None:
            raise RuntimeFailed("`rules` is a judge: it fills in rubrics, and answers nothing else")
        items = {path: _said(item, question) for path, item in question.rubric.leaves}
        return Output(text=json.dumps({"items": items}), stop_reason="stop")

    return Runtime(generate, facts={"rules": model}, samples=False, author="code", mends=False)


def _said(item: Item, question: Question) -> dict[str, Any]:
    if item.settled_by is None:
        return _answer("cannot_tell", "no rule decides this", None)
    if question.rubric.compares:
        return _preference(item, question) if item.answers[:2] == ("first", "second") else _undecided()
    [answer], [scores] = question.matter.answers, question.matter.scores
    met = settled(item.settled_by, answer, scores)
    if met is None or item.kind == "choice":
        return _undecided()
    best, worst = (item.answers[-1], item.answers[0]) if item.kind == "scale" else ("yes", "no")
    if item.kind == "points" and item.points < 0:
        best, worst = worst, best
    return _answer(best if met else worst, f"the answer {_PASSED[met]}, {_TOLD[item.settled_by]}", 1.0)


def _preference(item: Item, question: Question) -> dict[str, Any]:
    """The one that passes where the other fails, by the first rule that tells them apart."""
    both = list(zip(question.matter.answers, question.matter.scores, strict=True))
    shown = both[::-1] if question.swapped else both
    for check, told in _TOLD.items():
        first, second = (settled(check, answer, scores) for answer, scores in shown)  # type: ignore[arg-type] # a key
        if {first, second} == {True, False}:
            said = f"response 1 {_PASSED[bool(first)]} and response 2 {_PASSED[bool(second)]}, {told}"
            return _answer("first" if first else "second", said, 1.0)
        if check == "checks" and first is False and second is False and "both_bad" in item.answers:
            return _answer("both_bad", f"both fail, {told}", 1.0)
    return _answer("tie", "no rule tells them apart", 0.5) if "tie" in item.answers else _undecided()


def _undecided() -> dict[str, Any]:
    return _answer("cannot_tell", "nothing is known that decides this", None)


def _answer(answer: str, justification: str, confidence: float | None) -> dict[str, Any]:
    return {"justification": justification, "answer": answer, "confidence": confidence}
