"""Chats in which worked examples come before the question."""

from collections.abc import Iterable

from benchbook import Message

__all__ = ["chat"]


def chat(examples: Iterable[tuple[str, str]], question: str) -> tuple[Message, ...]:
    """Each example as a question that was asked and answered before, and then the question."""
    solved = (
        turn
        for asked, answer in examples
        for turn in (Message(role="user", content=asked), Message(role="assistant", content=answer))
    )
    return (*solved, Message(role="user", content=question))
