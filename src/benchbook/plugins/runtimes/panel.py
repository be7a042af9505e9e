"""What a panel of judges comes to: their verdicts, counted. Nobody is asked."""

import json
from collections import Counter
from typing import Any

from benchbook import Item, Output, Question, Request, Runtime, RuntimeFailed, register


@register("runtime")
def panel(model: str = "majority") -> Runtime:
    """For each item the answer of more than half of the panel; without one, it cannot tell. Confidence is the share of
    those who say so."""

    async def generate(request: Request) -> Output:
        question = request.question
        if question is None or not question.matter.opinions:
            raise RuntimeFailed("`panel` counts what judges have said; it answers nothing else")
        items = {path: _said(path, item, question) for path, item in question.rubric.leaves}
        return Output(text=json.dumps({"items": items}), stop_reason="stop")

    return Runtime(generate, facts={"panel": model}, samples=False, author="code", mends=False)


def _said(path: str, item: Item, question: Question) -> dict[str, Any]:
    name = question.rubric.score_name(path)
    own = [score for score in question.matter.opinions if score.name == name]
    votes = Counter(score.verdict.label for score in own if score.verdict.label in item.answers)
    told = ", ".join(f"{score.author_id}: {score.verdict.label or 'unread'}" for score in own)
    winner, most = next(iter(votes.most_common(1)), (None, 0))
    if winner is None or 2 * most <= len(own):
        return {"justification": f"no majority of the panel ({told})", "answer": "cannot_tell", "confidence": None}
    share = most / len(own)
    return {
        "justification": f"{most} of {len(own)} of the panel say so ({told})",
        "answer": winner,
        "confidence": share,
    }
