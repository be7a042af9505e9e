"""Users and the keys of their programs."""

from datetime import datetime

from fastapi import Request
from pydantic import Field

from benchbook.errors import Denied
from benchbook.records.users import ApiKey, Role, Scope, User
from benchbook.server.access import Access, Caller, Who, scope
from benchbook.server.given import After, Asked, Limit, Stored, routes
from benchbook.service import users
from benchbook.specs.spec import Several, Spec
from benchbook.store import users as stored
from benchbook.store.pages import Page

router = routes("users")


class NewUser(Asked):
    """Somebody to be let in; without a password they come by a link."""

    name: str
    role: Role
    password: str | None = None


class UserChange(Asked):
    """What becomes of a user; what is left out stays."""

    role: Role | None = None
    disabled: bool | None = None
    password: str | None = None


class PasswordChange(Asked):
    """A new password of one's own; who has one says it first."""

    old: str | None = None
    new: str


class Link(Spec):
    """The token of a link that logs somebody in, once: /login#token=…"""

    token: str
    expires_in: int
    """Seconds."""


class NewKey(Asked):
    """A key for a program."""

    name: str = Field(max_length=100)
    scopes: Several[Scope] = ("read",)


class KeyOnce(Spec):
    """A key that was just made: it is shown this once."""

    key: ApiKey
    secret: str


@router.get("/users", dependencies=[scope("admin")])
def list_users(store: Stored, limit: Limit = 50, after: After = None) -> Page[User]:
    """Everybody, by name."""
    return stored.users(store, limit, after)


@router.post("/users", status_code=201, dependencies=[scope("admin")])
def add_user(request: Request, store: Stored, new: NewUser) -> User:
    """Let somebody in."""
    return users.add(store, new.name, new.role, new.password, _now(request))


@router.patch("/users/{user_id}", dependencies=[scope("admin")])
def change_user(store: Stored, user_id: str, change: UserChange) -> User:
    """Give a user another role or password, lock them out, or let them in again."""
    user = stored.user(store, user_id)
    if change.password is not None:
        users.set_password(store, user, change.password)
    return users.change(store, user, change.role, change.disabled)


@router.post("/users/{user_id}/link", dependencies=[scope("admin")])
def make_link(request: Request, store: Stored, user_id: str) -> Link:
    """A link that logs the user in once, within a day."""
    token = users.link(store, stored.user(store, user_id), _now(request))
    return Link(token=token, expires_in=int(users.LINK.total_seconds()))


@router.post("/session/password", status_code=204, dependencies=[scope("read")])
def change_password(store: Stored, who: Who, change: PasswordChange) -> None:
    """A new password of one's own; it ends all of one's sessions."""
    if who.kind != "session":
        raise Denied("a password is changed by who is logged in, not by a key")
    users.change_password(store, _somebody(who), change.old, change.new)


@router.get("/keys", dependencies=[scope("read")])
def list_keys(store: Stored, who: Who) -> list[ApiKey]:
    """One's own keys, newest first."""
    return stored.keys_of(store, _somebody(who).id)


@router.post("/keys", status_code=201, dependencies=[scope("read")])
def add_key(request: Request, store: Stored, who: Who, new: NewKey) -> KeyOnce:
    """A key for a program; no key makes another."""
    if who.kind == "key":
        raise Denied("a key makes no keys: log in to make one")
    key, secret = users.add_key(store, _somebody(who), new.name, new.scopes, _now(request))
    return KeyOnce(key=key, secret=secret)


@router.delete("/keys/{key_id}", status_code=204, dependencies=[scope("read")])
def revoke_key(request: Request, store: Stored, who: Who, key_id: str) -> None:
    """End a key of one's own."""
    stored.revoke_key(store, _somebody(who).id, key_id, _now(request))


def _now(request: Request) -> datetime:
    access: Access = request.app.state.access
    return access.now()


def _somebody(who: Caller) -> User:
    if who.user is None:
        raise Denied("nobody is logged in here (--no-auth): there is nobody to have keys or a password")
    return who.user
