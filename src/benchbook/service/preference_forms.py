"""Preferences in the forms that trainers read: one JSON object a row."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal

from benchbook.service.preferences import Preference
from benchbook.specs.models import Prompt
from benchbook.specs.preferences import Shape

Form = Literal["trl-dpo", "trl-kto", "trl-reward", "openai", "anthropic-hh", "ultrafeedback"]
Row = dict[str, Any]
Turns = list[dict[str, str]]

CHOICE: dict[Form, frozenset[Shape]] = {
    "trl-dpo": frozenset({"standard", "conversational"}),
    "trl-kto": frozenset({"standard", "conversational"}),
    "trl-reward": frozenset({"standard", "conversational"}),
    "openai": frozenset({"conversational"}),
    "anthropic-hh": frozenset({"standard"}),
    "ultrafeedback": frozenset({"conversational"}),
}
"""The shapes that a form has."""


class _Unfit(Exception):
    """The form has no place for this; the argument is the reason."""


def shape_of(form: Form, wanted: Shape, preferences: Sequence[Preference]) -> Shape:
    """The one shape that all rows of a file have."""
    if len(CHOICE[form]) == 1:
        [only] = CHOICE[form]
        return only
    if wanted != "auto":
        return wanted
    return "standard" if all(isinstance(each.prompt, str) for each in preferences) else "conversational"


def rows(form: Form, shape: Shape, preferences: Sequence[Preference], left_out: Counter[str]) -> list[Row]:
    """The rows of the preferences, none of them twice."""
    made = [row for each in preferences for row in _fitting(form, shape, each, left_out)]
    unique = {repr(row): row for row in made}
    left_out.update({"duplicate": len(made) - len(unique)} if len(made) > len(unique) else {})
    return _of_one_mind(list(unique.values()), left_out) if form == "trl-kto" else list(unique.values())


def _fitting(form: Form, shape: Shape, preference: Preference, left_out: Counter[str]) -> Iterator[Row]:
    try:
        made = list(_FORMS[form](preference, shape))
        for text in (preference.chosen, preference.rejected, plain_text(preference.prompt)):
            text.encode()
    except _Unfit as err:
        left_out[str(err)] += 1
    except UnicodeEncodeError:
        left_out["not_unicode"] += 1
    else:
        yield from made


def plain_text(prompt: Prompt) -> str:
    """All that the prompt says."""
    return prompt if isinstance(prompt, str) else "\n".join(message.content for message in prompt)


def _trl_dpo(preference: Preference, shape: Shape) -> Iterator[Row]:
    prompt = _prompt(preference, shape)
    chosen, rejected = _completion(preference.chosen, shape), _completion(preference.rejected, shape)
    yield {"prompt": prompt, "chosen": chosen, "rejected": rejected}


def _trl_kto(preference: Preference, shape: Shape) -> Iterator[Row]:
    prompt = _prompt(preference, shape)
    yield {"prompt": prompt, "completion": _completion(preference.chosen, shape), "label": True}
    yield {"prompt": prompt, "completion": _completion(preference.rejected, shape), "label": False}


def _trl_reward(preference: Preference, shape: Shape) -> Iterator[Row]:
    if shape == "conversational":
        turns = _turns(preference.prompt)
        yield {"chosen": [*turns, _said(preference.chosen)], "rejected": [*turns, _said(preference.rejected)]}
        return
    # A bare prompt is continued as it stands; an answer to a question begins a paragraph.
    between = "" if isinstance(preference.prompt, str) else "\n\n"
    begun = f"{_one_text(preference.prompt)}{between}"
    yield {"chosen": begun + preference.chosen, "rejected": begun + preference.rejected}


def _openai(preference: Preference, _: Shape) -> Iterator[Row]:
    yield {
        "input": {"messages": _turns(preference.prompt), "tools": [], "parallel_tool_calls": True},
        "preferred_output": [_said(preference.chosen)],
        "non_preferred_output": [_said(preference.rejected)],
    }


_SPEAKERS = {"user": "\n\nHuman: ", "assistant": "\n\nAssistant: "}


def _anthropic_hh(preference: Preference, _: Shape) -> Iterator[Row]:
    turns = _turns(preference.prompt)
    if any(turn["role"] == "system" for turn in turns):
        raise _Unfit("system_turn")
    if [turn["role"] for turn in turns] != ["user", "assistant"] * (len(turns) // 2) + ["user"]:
        raise _Unfit("turn_order")
    texts = [preference.chosen, preference.rejected, *(turn["content"] for turn in turns)]
    if any(marker.strip() in text for text in texts for marker in _SPEAKERS.values()):
        # Whoever reads the dialogue could not tell that from a turn.
        raise _Unfit("turn_marker_in_text")
    begun = "".join(_SPEAKERS[turn["role"]] + turn["content"] for turn in turns) + _SPEAKERS["assistant"]
    yield {"chosen": begun + preference.chosen, "rejected": begun + preference.rejected}


def _ultrafeedback(preference: Preference, _: Shape) -> Iterator[Row]:
    turns = _turns(preference.prompt)
    asked = next((turn["content"] for turn in turns if turn["role"] == "user"), "")
    whole = "\n".join(turn["content"] for turn in turns)
    chosen = [*turns, _said(preference.chosen)]
    yield {
        "prompt": asked,
        "prompt_id": hashlib.sha256(whole.encode()).hexdigest(),
        "chosen": chosen,
        "rejected": [*turns, _said(preference.rejected)],
        "messages": chosen,
        "score_chosen": preference.agreement,
        "score_rejected": preference.against,
    }


_FORMS: dict[Form, Callable[[Preference, Shape], Iterator[Row]]] = {
    "trl-dpo": _trl_dpo,
    "trl-kto": _trl_kto,
    "trl-reward": _trl_reward,
    "openai": _openai,
    "anthropic-hh": _anthropic_hh,
    "ultrafeedback": _ultrafeedback,
}


def _prompt(preference: Preference, shape: Shape) -> str | Turns:
    return _turns(preference.prompt) if shape == "conversational" else _one_text(preference.prompt)


def _completion(text: str, shape: Shape) -> str | Turns:
    return [_said(text)] if shape == "conversational" else text


def _one_text(prompt: Prompt) -> str:
    if isinstance(prompt, str):
        return prompt
    if [message.role for message in prompt] != ["user"]:
        raise _Unfit("several_turns")
    return prompt[0].content


def _turns(prompt: Prompt) -> Turns:
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    return [{"role": message.role, "content": message.content} for message in prompt]


def _said(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


def _of_one_mind(labelled: list[Row], left_out: Counter[str]) -> list[Row]:
    """The rows without those of answers that are better than one and worse than another: neither good nor bad."""
    labels: dict[str, set[bool]] = {}
    for row in labelled:
        labels.setdefault(repr((row["prompt"], row["completion"])), set()).add(row["label"])
    kept = [row for row in labelled if len(labels[repr((row["prompt"], row["completion"]))]) == 1]
    left_out.update({"both_labels": len(labelled) - len(kept)} if len(labelled) > len(kept) else {})
    return kept
