"""Readers of preference files, written from the formats' own documentation: strict, and each for itself.

A reader gives what a file says: `(prompt, better, worse)`, with prompts as turns. What no reader of the format could
take is an AssertionError.
"""

import hashlib
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

Turn = tuple[str, str]
Said = tuple[tuple[Turn, ...], str, str]


def lines(path: Path) -> list[dict[str, Any]]:
    body = path.read_bytes()
    assert body.endswith(b"\n")
    return [json.loads(line) for line in body.decode("utf-8", errors="strict").split("\n")[:-1]]


def trl_preference(path: Path) -> list[Said]:
    """TRL, dataset formats: type `preference` with an explicit prompt, standard or conversational, never mixed."""
    rows = lines(path)
    assert all(set(row) == {"prompt", "chosen", "rejected"} for row in rows)
    kinds = {(type(row["prompt"]), type(row["chosen"]), type(row["rejected"])) for row in rows}
    if kinds == {(str, str, str)}:
        return [((("user", row["prompt"]),), row["chosen"], row["rejected"]) for row in rows]
    assert kinds == {(list, list, list)}
    return [(_asked(row["prompt"]), _one_answer(row["chosen"]), _one_answer(row["rejected"])) for row in rows]


def trl_unpaired(path: Path) -> list[tuple[tuple[Turn, ...], str, bool]]:
    """TRL, dataset formats: type `unpaired preference`."""
    rows = lines(path)
    assert all(set(row) == {"prompt", "completion", "label"} and isinstance(row["label"], bool) for row in rows)
    kinds = {(type(row["prompt"]), type(row["completion"])) for row in rows}
    if kinds == {(str, str)}:
        return [((("user", row["prompt"]),), row["completion"], row["label"]) for row in rows]
    assert kinds == {(list, list)}
    return [(_asked(row["prompt"]), _one_answer(row["completion"]), row["label"]) for row in rows]


def trl_reward(path: Path) -> list[Said]:
    """TRL, reward trainer: type `preference` with an implicit prompt; the prompt is what both dialogues begin with."""
    rows = lines(path)
    assert all(set(row) == {"chosen", "rejected"} for row in rows)
    kinds = {(type(row["chosen"]), type(row["rejected"])) for row in rows}
    if kinds == {(str, str)}:
        return [_parted(row["chosen"], row["rejected"]) for row in rows]
    assert kinds == {(list, list)}
    found = []
    for row in rows:
        chosen, rejected = _turns(row["chosen"]), _turns(row["rejected"])
        assert chosen[:-1] == rejected[:-1]
        assert chosen[-1][0] == rejected[-1][0] == "assistant"
        found.append((chosen[:-1], chosen[-1][1], rejected[-1][1]))
    return found


def openai_preference(path: Path) -> list[Said]:
    """OpenAI, direct preference optimization: text only, one assistant message on each side."""
    found = []
    for row in lines(path):
        assert set(row) == {"input", "preferred_output", "non_preferred_output"}
        assert set(row["input"]) <= {"messages", "tools", "parallel_tool_calls"}
        assert isinstance(row["input"].get("tools", []), list)
        assert isinstance(row["input"].get("parallel_tool_calls", True), bool)
        outputs = _one_answer(row["preferred_output"]), _one_answer(row["non_preferred_output"])
        assert all(outputs)
        found.append((_asked(row["input"]["messages"]), *outputs))
    return found


def anthropic_hh(path: Path) -> list[Said]:
    """Anthropic HH-RLHF: two whole dialogues as texts, alike but for the last answer."""
    found = []
    for row in lines(path):
        assert set(row) == {"chosen", "rejected"}
        chosen, rejected = _dialogue(row["chosen"]), _dialogue(row["rejected"])
        assert chosen[:-1] == rejected[:-1]
        found.append((chosen[:-1], chosen[-1][1], rejected[-1][1]))
    return found


def ultrafeedback(path: Path) -> list[Said]:
    """UltraFeedback, binarized: the columns of its data set card, with their types."""
    found = []
    for row in lines(path):
        assert list(row) == ["prompt", "prompt_id", "chosen", "rejected", "messages", "score_chosen", "score_rejected"]
        assert isinstance(row["score_chosen"], float)
        assert isinstance(row["score_rejected"], float)
        assert row["score_chosen"] >= row["score_rejected"]
        assert len(row["prompt_id"]) == len(hashlib.sha256().hexdigest())
        chosen, rejected = _turns(row["chosen"]), _turns(row["rejected"])
        assert row["messages"] == row["chosen"]
        assert chosen[:-1] == rejected[:-1]
        assert next(content for role, content in chosen if role == "user") == row["prompt"]
        found.append((chosen[:-1], chosen[-1][1], rejected[-1][1]))
    return found


def _turns(messages: Any) -> tuple[Turn, ...]:
    assert isinstance(messages, list)
    assert messages
    for message in messages:
        assert set(message) == {"role", "content"}
        assert message["role"] in ("system", "user", "assistant")
        assert isinstance(message["content"], str)
    assert all(message["role"] != "system" for message in messages[1:])
    assert all(one["role"] != other["role"] for one, other in pairwise(messages))
    return tuple((message["role"], message["content"]) for message in messages)


def _asked(messages: Any) -> tuple[Turn, ...]:
    turns = _turns(messages)
    assert turns[-1][0] == "user"
    return turns


def _one_answer(messages: Any) -> str:
    [(role, content)] = _turns(messages)
    assert role == "assistant"
    return content


def _parted(chosen: str, rejected: str) -> Said:
    """What the two have in common up to the last blank line, and the rest of each."""
    same = next((at for at, (one, other) in enumerate(zip(chosen, rejected, strict=False)) if one != other), 0)
    cut = chosen.rfind("\n\n", 0, same)
    cut = cut + 2 if cut >= 0 else same
    return ((("user", chosen[:cut].removesuffix("\n\n")),), chosen[cut:], rejected[cut:])


_HUMAN, _ASSISTANT = "\n\nHuman: ", "\n\nAssistant: "


def _dialogue(text: str) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    for at, (role, turn) in enumerate(_spoken(text)):
        assert role == ("user", "assistant")[at % 2]
        turns.append((role, turn))
    assert turns[-1][0] == "assistant"
    return tuple(turns)


def _spoken(text: str) -> Iterator[Turn]:
    while text:
        role, marker = ("user", _HUMAN) if text.startswith(_HUMAN) else ("assistant", _ASSISTANT)
        assert text.startswith(marker)
        text = text.removeprefix(marker)
        ends = [end for end in (text.find("\n\nHuman:"), text.find("\n\nAssistant:")) if end >= 0]
        end = min(ends, default=len(text))
        yield role, text[:end]
        text = text[end:]
