"""People, and what stands for them: keys and sessions. Secrets are in none of these: of each the store has a hash."""

from datetime import datetime
from typing import Literal

from benchbook.records.record import Record

Role = Literal["viewer", "reviewer", "editor", "admin"]
Scope = Literal["read", "review", "write", "admin"]

SCOPES: dict[Role, tuple[Scope, ...]] = {
    "viewer": ("read",),
    "reviewer": ("read", "review"),
    "editor": ("read", "review", "write"),
    "admin": ("read", "review", "write", "admin"),
}
"""What people may do, by what they are."""


class User(Record):
    """Somebody who works here."""

    name: str
    role: Role
    disabled: bool = False

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """What they may do."""
        return SCOPES[self.role]


class ApiKey(Record):
    """What a program of a user shows. It may do what both its scopes and its user's role allow."""

    user_id: str
    name: str
    scopes: tuple[Scope, ...]
    last_used_at: datetime | None = None
    """To the minute."""
    revoked_at: datetime | None = None


class Session(Record):
    """What a browser shows; or a link that opens one such session, once."""

    user_id: str
    kind: Literal["browser", "link"]
    expires_at: datetime
