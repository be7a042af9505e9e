"""From a model's reply to a program. Pure and deterministic: nothing is executed, Python's parser alone decides.

The rules, in the order they are tried, and the repairs are the tables of docs/python-coding.md.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchbook.plugins.solvers.programs import Function, Parser, does_something, offered, supported
from benchbook.plugins.solvers.replies import (
    LONGEST,
    clean,
    fenced,
    forms,
    indent_of,
    spoken,
    typed,
    typewritten,
    unfenced,
)

__all__ = ["Extraction", "Stub", "extract", "stub_of"]


@dataclass(frozen=True)
class Extraction:
    """A program, and the rule that found it."""

    program: str
    rule: str


@dataclass(frozen=True)
class Stub:
    """A prompt that is the beginning of a program."""

    text: str
    """The whole prompt, ending in a newline."""
    preamble: str
    """What stands before the entry point: imports, functions to build on."""
    indent: str
    """How the entry point's body is indented."""


@dataclass(frozen=True)
class _Candidate:
    rule: str
    text: str
    kept: int = 0
    """More lines than these must be kept: the prompt's own, or all but the last."""
    support: tuple[str, ...] = ()
    """Earlier code of the same reply, which the program may build on."""


def extract(reply: str, prompt: str, entry_point: str) -> Extraction | None:
    """The program in `reply`, which answers `prompt`; None if the reply holds no code."""
    parser = Parser()
    stub = stub_of(prompt, entry_point)
    preamble = (stub.preamble,) if stub else ()
    for candidate in _candidates(reply, stub, parser):
        source = parser.prefix(candidate.text, candidate.kept)
        program = offered(source, entry_point) if source else None
        if source and program:
            cut = "+cut" if len(source.text) < len(candidate.text) else ""
            whole = supported(program, (*preamble, *candidate.support), parser)
            return Extraction(whole.rstrip() + "\n", candidate.rule + cut)
    left = _as_it_is(spoken(reply), stub, parser)
    return Extraction(left.rstrip() + "\n", "as-is") if left else None


def stub_of(prompt: str, entry_point: str) -> Stub | None:
    """The prompt as the beginning of a program; None unless it ends in the entry point's definition without a body."""
    text = clean(prompt).rstrip() + "\n"
    parser = Parser()
    tree = parser.parse(text).tree or parser.parse(f"{text}    pass\n").tree
    last = tree.body[-1] if tree and tree.body else None
    if not isinstance(last, Function) or last.name != entry_point or does_something(last):
        return None
    lines = text.split("\n")
    first = min([last.lineno, *(decorator.lineno for decorator in last.decorator_list)])
    preamble = "\n".join(lines[: first - 1]).strip()
    return Stub(text, preamble, indent_of(lines[last.body[0].lineno - 1]) or "    ")


def _candidates(reply: str, stub: Stub | None, parser: Parser) -> Iterator[_Candidate]:
    """What may be the program, best first."""
    for repair, form in forms(clean(reply)[:LONGEST]):
        yield _Candidate(f"whole{repair}", form, kept=form.count("\n"))
    text = spoken(reply)
    blocks = fenced(text)
    yield from _last_first("fence", blocks)
    if stub and indent_of(text.lstrip("\n")):
        yield from _continuations("continuation", stub, text)
    for repair, form in forms(text):
        yield from _last_first(f"unfenced{repair}", unfenced(form, parser))
    for repair, form in forms(typed(text)):
        yield _Candidate(f"console{repair}", form)
    for body in reversed(blocks or [text]):
        if stub and _may_be_body(body):
            yield from _continuations("body", stub, body)


def _last_first(rule: str, blocks: Sequence[str]) -> Iterator[_Candidate]:
    # The last one first: models correct themselves.
    for position in reversed(range(len(blocks))):
        for repair, form in forms(blocks[position]):
            yield _Candidate(f"{rule}{repair}", form, support=tuple(blocks[:position]))


def _continuations(rule: str, stub: Stub, body: str) -> Iterator[_Candidate]:
    """The prompt with `body` below it: as it is, and with its first line, or all of it, pushed in."""
    kept = stub.text.count("\n")
    for repair, form in (("", body), ("+unicode", typewritten(body))):
        first_pushed = stub.indent + form.lstrip()
        all_pushed = textwrap.indent(textwrap.dedent(form), stub.indent)
        yield _Candidate(f"{rule}{repair}", stub.text + form, kept)
        yield _Candidate(f"{rule}{repair}+indent", stub.text + first_pushed, kept)
        yield _Candidate(f"{rule}{repair}+indent", stub.text + all_pushed, kept)


def _may_be_body(text: str) -> bool:
    """Whether it gives something back, and is not a program of its own."""
    own = re.search(r"^(?:(?:async )?def|class)\b", textwrap.dedent(text), re.MULTILINE)
    return own is None and re.search(r"\b(?:return|yield|raise)\b", text) is not None


_FUNCTION_LINE = re.compile(r"^[ \t]*(?:async )?def \w+ ?\(", re.MULTILINE)


def _as_it_is(text: str, stub: Stub | None, parser: Parser) -> str | None:
    """The code that is there although it does not define the entry point or does not parse: it fails on its own."""
    blocks = [block for block in fenced(text) if block.strip()]
    if blocks:
        return blocks[-1]
    if stub and re.match(r"\n*(?: {2,}|\t)\S", text):
        return stub.text + text
    stretches = unfenced(text, parser)
    functions = [stretch for stretch in stretches if _FUNCTION_LINE.search(stretch)]
    broken = _FUNCTION_LINE.search(text)
    if broken and not functions:
        return text[broken.start() :]
    return next(reversed(functions or stretches), None)
