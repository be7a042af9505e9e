"""The HTML report: one page, no network, readable without scripts. What models wrote is shown, never obeyed.

Whatever the template prints is made visible and escaped, whether it asks for it or not. The page's content security
policy allows its own style and script by their hash, and nothing else.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from functools import cache
from html import escape
from importlib.resources import files
from itertools import chain

from jinja2 import Environment, FileSystemBytecodeCache, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from benchbook.records.generations import Generation
from benchbook.service import report_chart, report_facts, report_text
from benchbook.service.report_evidence import Evidence, evidence
from benchbook.service.report_figures import (
    INTERVALS,
    MEANING,
    Asked,
    Report,
    TaskReport,
    Try,
    by_task,
    cheatable,
    from_cache,
    notes,
    origin,
    warnings,
)
from benchbook.service.report_judging import doubts
from benchbook.service.report_prompts import beginning, beginnings, sent
from benchbook.service.report_text import Excerpt, excerpt, one_line, visible
from benchbook.specs.models import Prompt

BODY = 4000
"""Characters of one text that are shown, where there is room."""
LEAST = 250
"""Characters that are shown in any case."""
ROOM = 4_000_000
"""Characters of the page, about, beyond which texts are cut shorter."""
MARKUP = 1000
"""Characters that an answer takes besides its texts, about."""
TESTS = 40
"""Tests of one program that are listed."""


def html(report: Report) -> str:
    """The report as a page."""
    tasks = by_task(report)
    begin = [[beginning(run) for run in task.runs] for task in tasks]
    style, script = asset("report.css"), asset("report.js")
    return page("report.html.j2").render(
        report=report,
        title=", ".join(dict.fromkeys(experiment.name for experiment in report.experiments)),
        tasks=tasks,
        answers=sum(run.whole.answers for run in report.runs),
        **_choices(tasks),
        notes=list(notes(report)),
        warnings=list(warnings(report)),
        facts=report_facts.facts(report.runs),
        style=Markup(style),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        style_hash=source_hash(style),
        script_hash=source_hash(script),
        begin=begin,
        limit=_limit(tasks, begin),
        tests_shown=TESTS,
    )


def page(template: str) -> Template:
    """A page of ours, in which nothing of anybody else's is markup."""
    return _environment().get_template(template)


def asset(name: str) -> str:
    """A style or script of ours."""
    return _text(f"report/{name}")


def source_hash(text: str) -> str:
    """A source of the content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def mark(tries: Sequence[Try]) -> str:
    """The look of a model's tries at a sample: all passed, none, some, or nothing known."""
    values = [one.opinion.value for one in tries if one.opinion.value is not None]
    if not values:
        return "none"
    if all(value == 1 for value in values):
        return "pass"
    return "fail" if all(value == 0 for value in values) else "part"


def words(tries: Sequence[Try]) -> str:
    """The verdict of one try; how many passed of several."""
    if len(tries) == 1:
        return tries[0].opinion.word
    return f"{sum(one.opinion.value == 1 for one in tries)} of {len(tries)} passed" if tries else "not asked"


def differs(asked: Asked) -> bool:
    """Whether models got different marks on the sample."""
    return len({mark(tries) for tries in asked.tries}) > 1


def turns(prompt: Prompt, limit: int) -> list[tuple[str, Excerpt]]:
    """The turns of a prompt, by role; a bare text is one turn without a role."""
    if isinstance(prompt, str):
        return [("", excerpt(prompt, limit))]
    each = max(200, limit // max(1, len(prompt)))
    return [(message.role, excerpt(message.content, each)) for message in prompt]


def kind(label: str, labels: Sequence[str]) -> str:
    """The colour of a label: verdicts on programs have their own, others take turns."""
    return label if label in MEANING else f"other{labels.index(label) % 6}"


_CODE = re.compile(
    r"(?P<comment>\#[^\n]*)"
    r"|(?P<string>[rbfuRBFU]{0,2}(?:'''(?:\\.|[^\\])*?(?:'''|\Z)|\"\"\"(?:\\.|[^\\])*?(?:\"\"\"|\Z)"
    r"|'(?:\\.|[^'\\\n])*'?|\"(?:\\.|[^\"\\\n])*\"?))"
    r"|(?P<keyword>\b(?:and|as|assert|async|await|break|class|continue|def|del|elif|else|except|False|finally|for|from"
    r"|global|if|import|in|is|lambda|None|nonlocal|not|or|pass|raise|return|True|try|while|with|yield)\b)",
    re.DOTALL,
)


def coloured(code: str) -> Markup:
    """Python with its comments, strings and keywords marked; every piece is escaped on its own."""
    return Markup("").join(_pieces(code))


def _pieces(code: str) -> Iterator[Markup]:
    end = 0
    for match in _CODE.finditer(code):
        yield content(code[end : match.start()])
        yield Markup(f"<i class={str(match.lastgroup)[0]}>") + content(match[0]) + Markup("</i>")  # noqa: S704 - our own
        end = match.end()
    yield content(code[end:])


def content(text: str) -> Markup:
    """Text as the content of an element, never of an attribute: quotes stay as they are, which code has many of."""
    return Markup(escape(visible(text), quote=False))  # noqa: S704 - escaped here


def _choices(tasks: Sequence[TaskReport]) -> dict[str, list[str]]:
    """What the samples can be filtered by."""
    asked = [asked for task in tasks for asked in task.shown]
    words = (one.opinion.word for each in asked for tries in each.tries for one in tries)
    return {
        "models": list(dict.fromkeys(name for task in tasks for name in task.models)),
        "verdicts": sorted(set(words), key=lambda word: (list(MEANING).index(word) if word in MEANING else 99, word)),
        "slices": list(dict.fromkeys(part for each in asked for part in each.sample.row.slices)),
        "tags": sorted({tag for each in asked for tag in each.sample.row.tags}),
    }


def _limit(tasks: Sequence[TaskReport], begin: Sequence[Sequence[Prompt]]) -> int:
    """How many characters of each text are shown, so that the page stays small enough to send around."""
    pairs = [zip(task.runs, firsts, strict=True) for task, firsts in zip(tasks, begin, strict=True)]
    room = ROOM
    lengths: list[int] = []
    for run, first in chain.from_iterable(pairs):
        for _, generation, scores in run.answers:
            executed = [found for score in scores if (found := evidence(score))]
            tests = [test for found in executed for test in found.tests]
            room -= MARKUP + sum(100 + len(test.text) + len(test.gave) for test in tests)
            lengths += map(len, _texts(generation, first, executed))
    limit = BODY
    while limit > LEAST and sum(min(length, limit) for length in lengths) > room:
        limit //= 2
    return limit


def _texts(generation: Generation, begin: Prompt, executed: Sequence[Evidence]) -> Iterator[str]:
    """The texts of an answer that may be long."""
    prompt = generation.prompt[len(begin) :]
    yield from [prompt] if isinstance(prompt, str) else [message.content for message in prompt]
    if generation.output is not None:
        yield generation.output.text
        yield generation.output.answer or ""
    for found in executed:
        yield from (found.stdout, found.stderr)


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
        loader=FunctionLoader(_text),
        # Compiling it takes longer than a small report does. Kept in the folder for temporary files, for this user.
        bytecode_cache=FileSystemBytecodeCache(),
    )
    environment.filters |= {
        "percent": report_text.percent,
        "seconds": report_text.seconds,
        "count": report_text.count,
        "plain": report_text.plain,
        "mebibytes": report_text.mebibytes,
        "moment": report_facts.moment,
        "line": one_line,
        "excerpt": excerpt,
        "coloured": coloured,
        "content": content,
        "evidence": evidence,
    }
    environment.globals |= {
        "MEANING": MEANING,
        "interval": report_text.interval,
        "scale_of": report_chart.scale_of,
        "shares": report_chart.shares,
        "mark": mark,
        "words": words,
        "differs": differs,
        "kind": kind,
        "origin": origin,
        "cheatable": cheatable,
        "doubts": doubts,
        "from_cache": from_cache,
        "INTERVALS": INTERVALS,
        "sent": sent,
        "beginnings": beginnings,
        "turns": turns,
        "evidence": evidence,
        "config": report_facts.config,
        "repeat_command": report_facts.repeat_command,
        "resume_command": report_facts.resume_command,
        "show_command": report_facts.show_command,
    }
    return environment


def _shown(value: object) -> object:
    """Every text on its way into the page; what is markup has been through here already."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _text(path: str) -> str:
    return (files("benchbook") / "data" / path).read_text(encoding="utf-8")
