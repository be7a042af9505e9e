"""Replies as models write them: where code may be in them, and what has happened to it on the way."""

import re
import textwrap
from collections.abc import Iterator, Sequence

from benchbook.plugins.solvers.programs import Parser

__all__ = ["LONGEST", "clean", "fenced", "forms", "indent_of", "spoken", "typed", "typewritten", "unfenced"]

LONGEST = 50_000
"""Characters of a reply that are looked at."""
_BLOCKS = 20
"""Code blocks of a reply that are looked at: the last ones."""


def clean(text: str) -> str:
    """One kind of newline, and nothing that no program can hold."""
    encodable = text.encode("utf-8", "replace").decode()
    return encodable.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


_THOUGHT = re.compile(r"</(?:think|thinking|reasoning)>")
_THINKING = re.compile(r"<(?:think|thinking|reasoning)>")
_TURN = re.compile(r"<\|(?:im_start|im_end|endoftext|eot_id|end)\|>(?:assistant\n)?|</s>|<eos>|<end_of_turn>")


def spoken(reply: str) -> str:
    """The first turn of the reply, without its reasoning."""
    text = clean(reply)
    thought = max((mark.end() for mark in _THOUGHT.finditer(text)), default=0)
    text = _THINKING.split(text[thought:], maxsplit=1)[0]
    turns = _TURN.split(text, maxsplit=3)
    return next((turn for turn in turns if turn.strip()), "")[:LONGEST]


_FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})(.*)$")
_PYTHON = {"python", "python3", "py", "py3"}
_CODE = re.compile(
    r"[ \t]*(?:import \w|from [\w.]+ import\b|(?:async )?def \w+ ?\(|class \w+[(:]|@\w|\w+(?:: ?[\w\[\], .]+)? = )"
)
"""A line with which a program may begin."""


def fenced(text: str) -> list[str]:
    """What stands in fenced code blocks. A block that is never closed ends with the text."""
    lines = text.split("\n")
    blocks: list[str] = []
    first = last = at = 0
    while at < len(lines):
        opening = _FENCE.match(lines[at])
        at += 1
        if opening:
            first = first or at
            block, at = _block(lines, at, opening)
            last = at
            blocks.append(block)
    # Docstrings hold fences too: the widest block comes last.
    widest = ["\n".join(lines[first : last - 1])] if len(blocks) > 1 else []
    return [*widest, *blocks[-_BLOCKS:]]


def _block(lines: Sequence[str], at: int, opening: re.Match[str]) -> tuple[str, int]:
    """The block opened just before line `at`, and the line after it."""
    indent, marker, info = opening.groups()
    info = info.strip()
    if info.endswith(marker):
        return _without_language(info.removesuffix(marker)), at
    first = _without_language(info)
    block = [first] if _CODE.match(first) else []
    while at < len(lines):
        line = lines[at]
        fence = _FENCE.match(line)
        if fence and fence[2].startswith(marker):
            # A fence that names a language opens the next block.
            return "\n".join(block), at if fence[3].strip() else at + 1
        at += 1
        if line.endswith(marker):
            return "\n".join([*block, line.removesuffix(marker).removeprefix(indent)]), at
        block.append(line.removeprefix(indent))
    return "\n".join(block), at


def _without_language(info: str) -> str:
    word, _, rest = info.partition(" ")
    return rest.strip() if word.lower() in _PYTHON else info


def unfenced(text: str, parser: Parser) -> list[str]:
    """The stretches of the text that are code."""
    lines = text.split("\n")
    stretches: list[str] = []
    at = 0
    while at < len(lines) and parser.left:
        source = parser.prefix(_under(lines[at:])) if _CODE.match(lines[at]) else None
        if source:
            stretches.append(source.text)
        at += source.text.count("\n") + 1 if source else 1
    return stretches[-_BLOCKS:]


def _under(lines: Sequence[str]) -> str:
    """The lines that are indented like the first or deeper, dedented."""
    indent = indent_of(lines[0])
    end = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith(indent)), len(lines))
    return "\n".join(line.removeprefix(indent) for line in lines[:end])


def typed(text: str) -> str:
    """What was typed in a Python console; empty if the text shows no such session."""
    typed = re.findall(r"^(?:>>>|\.\.\.)(?: (.*))?$", textwrap.dedent(text), re.MULTILINE)
    return "\n".join(typed)


def indent_of(line: str) -> str:
    """The blanks at the beginning of the line."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def forms(text: str) -> Iterator[tuple[str, str]]:
    """The text as it is, then repaired, each with the name of its repairs."""
    seen = {""}
    for repair, form in (("", text), ("+unicode", typewritten(text))):
        for pushed, dedented in (("", form), ("+dedent", textwrap.dedent(form))):
            if dedented not in seen:
                seen.add(dedented)
                yield repair + pushed, dedented


def typewritten(text: str) -> str:
    """The text as a typewriter has it, without what word processors and chat windows put in the place of ASCII."""
    return text.translate(_TYPOGRAPHY)


_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033", '"'),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "),
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", ""),
    }
)
"""Quotes, dashes, spaces, and characters of no width."""
