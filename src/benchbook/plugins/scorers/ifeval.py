"""Whether a reply follows the instructions of its prompt."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from benchbook import Generation, Sample, Scorer, SpecError, Verdict, register
from benchbook.plugins.scorers import languages
from benchbook.plugins.scorers.instructions import Instruction, instruction


def _can_start(**_: Any) -> None:
    languages.installed()


@register("scorer", preflight=_can_start, metrics=["instruction_accuracy"])
def ifeval(*, by_kind: bool = False) -> Scorer:
    """Whether all instructions are followed (`strict`; `loose`, if the first or the last line or all `*` may be left
    out), and the share of them that is; `by_kind` adds that share for each kind. `instruction_accuracy` is the
    published figure, of all prompts together."""
    languages.load()
    return _IFEval(by_kind, languages.facts())


@dataclass(frozen=True)
class _Outcome:
    """What became of one instruction."""

    kind: str
    strict: bool
    loose: bool


@dataclass(frozen=True)
class _IFEval:
    """The scorer; its facts are the versions of the libraries that decide."""

    by_kind: bool
    facts: Mapping[str, str]

    async def __call__(self, sample: Sample, generation: Generation) -> Sequence[Verdict]:
        instructions = _instructions(sample)
        if generation.output is None:
            return [Verdict(error=f"sample {sample.key!r} has no answer")]
        # Of a long reply it takes seconds.
        outcomes = await asyncio.to_thread(_outcomes, instructions, generation.output.text)
        kinds = dict.fromkeys(outcome.kind for outcome in outcomes) if self.by_kind else ()
        return [
            _all("strict", outcomes, [outcome.strict for outcome in outcomes]),
            _all("loose", outcomes, [outcome.loose for outcome in outcomes]),
            _share("strict_instructions", [outcome.strict for outcome in outcomes]),
            _share("loose_instructions", [outcome.loose for outcome in outcomes]),
            *(_share(kind, [outcome.strict for outcome in outcomes if outcome.kind == kind]) for kind in kinds),
        ]


def _instructions(sample: Sample) -> list[Instruction]:
    match sample.target:
        case [_, *_] as targets:
            return [_instruction(sample, target) for target in targets]
    raise SpecError(f"sample {sample.key!r}: ifeval needs a target that is a list of instructions")


def _instruction(sample: Sample, target: JsonValue) -> Instruction:
    match target:
        case {"kind": str(kind), "arguments": dict(arguments)}:
            return instruction(kind, dict(arguments))
    raise SpecError(f"sample {sample.key!r}: an instruction should have a `kind` and `arguments`")


def _outcomes(instructions: Sequence[Instruction], reply: str) -> list[_Outcome]:
    if not reply.strip():
        return [_Outcome(each.kind, strict=False, loose=False) for each in instructions]
    others = [variant for variant in _variants(reply)[1:] if variant.strip()]
    found = []
    for each in instructions:
        strict = each.followed(reply)
        found.append(_Outcome(each.kind, strict, strict or any(map(each.followed, others))))
    return found


def _variants(reply: str) -> list[str]:
    """The reply, and what is left of it without its first line, its last, both; and all of these without asterisks."""
    lines = reply.split("\n")
    parts = (reply, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1])))
    return list(dict.fromkeys([*parts, *(part.replace("*", "") for part in parts)]))


def _all(name: str, outcomes: Sequence[_Outcome], followed: Sequence[bool]) -> Verdict:
    missed = [outcome.kind for outcome, done in zip(outcomes, followed, strict=True) if not done]
    return Verdict(
        name=name,
        value=0.0 if missed else 1.0,
        label="not followed" if missed else "followed",
        explanation=f"not followed: {', '.join(missed)}" if missed else "",
        trace={"instructions": [vars(outcome) for outcome in outcomes]},
    )


def _share(name: str, followed: Sequence[bool]) -> Verdict:
    return Verdict(
        name=name,
        value=sum(followed) / len(followed),
        label=f"{sum(followed)} of {len(followed)}",
        trace={"followed": sum(followed), "instructions": len(followed)},
    )
