"""Who asks, and what they may do. Every route names its scope."""

from dataclasses import dataclass
from typing import Literal

from fastapi import Depends, Request
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute

COOKIE = "benchbook_session"
Scope = Literal["read", "review", "write", "admin"]


@dataclass(frozen=True)
class Needed:
    """That a caller has a scope."""

    scope: Scope

    async def __call__(self, request: Request) -> None:
        """Let those through who have it."""


def scope(name: Scope) -> Dependency:
    """What a route depends on, so that only those are answered who have the scope."""
    needed: Dependency = Depends(Needed(name))
    return needed


def needed(route: APIRoute) -> Scope | None:
    """The scope that a route names; None of a public one."""
    found = [each.call.scope for each in route.dependant.dependencies if isinstance(each.call, Needed)]
    return found[0] if found else None
