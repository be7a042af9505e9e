"""Who works here: users, how they log in, and the keys of their programs."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from benchbook.errors import Conflict, Denied, NotFound, SpecError
from benchbook.records.record import new_id
from benchbook.records.users import SCOPES, ApiKey, Role, Scope, Session, User
from benchbook.specs.quoting import with_article
from benchbook.store import users
from benchbook.store.store import Store

SESSION = timedelta(days=14)
LINK = timedelta(hours=24)
KEY_PREFIX = "bb_"
LEAST_PASSWORD = 10
"""Characters."""
_MOST_PASSWORD = 500
_MINUTE = timedelta(minutes=1)
# 16 MiB and some 50 ms for every guess (RFC 7914).
_COST, _BLOCK, _PARALLEL = 1 << 14, 8, 1


@dataclass(frozen=True)
class Opened:
    """A session that has just begun; the token is known to nobody else."""

    token: str
    session: Session
    user: User


def add(store: Store, name: str, role: Role, password: str | None, now: datetime) -> User:
    """A new user; without a password they come in by a link."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", name):
        raise SpecError("a name is up to 64 letters, digits, dots, dashes, _ and @", field=["name"])
    if users.credentials(store, name) is not None:
        raise Conflict(f"there is a user {name} already; choose another name, or change that one")
    user = User(id=new_id("user", now), created_at=now, name=name, role=role)
    users.add_user(store, user, None if password is None else _hashed(_sound(password)))
    return user


def named(store: Store, name: str) -> User:
    """The user of that name."""
    found = users.credentials(store, name)
    if found is None:
        raise NotFound(f"there is no user {name!r}; `benchbook users` lists them, `benchbook users add` lets one in")
    return found.user


def change(store: Store, user: User, role: Role | None = None, disabled: bool | None = None) -> User:  # noqa: FBT001 - what they become
    """The user with another role, locked out or let in again. Somebody who may do everything always stays."""
    changes = {"role": role, "disabled": disabled}
    changed = user.model_copy(update={name: value for name, value in changes.items() if value is not None})
    loses = user.role == "admin" and not user.disabled and (changed.role != "admin" or changed.disabled)
    if loses and users.number_of(store, "admin") < 2:
        raise Conflict(f"{user.name} is the only admin; make somebody else one first")
    users.update_user(store, changed)
    if changed.disabled:
        users.end_sessions(store, user.id)
    return changed


def set_password(store: Store, user: User, password: str) -> None:
    """A new password; who is logged in as this user is no longer."""
    users.set_password(store, user.id, _hashed(_sound(password)))


def change_password(store: Store, user: User, old: str | None, new: str) -> None:
    """A new password of one's own; who has one says it first."""
    known = users.credentials(store, user.name)
    if known is not None and known.password is not None and not _matches(old or "", known.password):
        raise Denied("the old password is not that")
    set_password(store, user, new)


def log_in(store: Store, name: str, password: str, now: datetime) -> Opened | None:
    """A session for who knows the password; None for who does not, whoever it is, after the same time."""
    known = users.credentials(store, name)
    matches = _matches(password, (known.password if known else None) or _NOBODY)
    if known is None or known.password is None or known.user.disabled or not matches:
        return None
    return _opened(store, known.user, now)


def link(store: Store, user: User, now: datetime) -> str:
    """The token of a link that logs the user in, once, within a day."""
    token = secrets.token_urlsafe(32)
    session = Session(id=new_id("session", now), created_at=now, user_id=user.id, kind="link", expires_at=now + LINK)
    users.add_session(store, session, _sha256(token), now)
    return token


def first_link(store: Store, now: datetime) -> str | None:
    """The token of a link for an admin, as long as none has a password to log in with; None afterwards."""
    if users.number_of(store, "admin", with_password=True):
        return None
    found = users.credentials(store, "admin")
    admin = found.user if found else add(store, "admin", "admin", None, now)
    if admin.disabled or admin.role != "admin":
        return None
    users.end_sessions(store, admin.id)
    return link(store, admin, now)


def follow(store: Store, token: str, now: datetime) -> Opened | None:
    """A session for who has a link that nobody has used."""
    user_id = users.take_link(store, _sha256(token), now)
    if user_id is None:
        return None
    user = users.user(store, user_id)
    return None if user.disabled else _opened(store, user, now)


def of_session(store: Store, token: str, now: datetime) -> User | None:
    """Whose session that is."""
    found = users.session(store, _sha256(token), now)
    return None if found is None or found[1].disabled else found[1]


def log_out(store: Store, token: str) -> None:
    """End a session."""
    users.end_session(store, _sha256(token))


def csrf(token: str) -> str:
    """What a page of ours says with every change, and no page of another's can know."""
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def add_key(store: Store, user: User, name: str, scopes: Sequence[Scope], now: datetime) -> tuple[ApiKey, str]:
    """A key for a program, and the key itself, which is shown this once."""
    stray = [scope for scope in scopes if scope not in user.scopes]
    if stray:
        raise Denied(
            f"{with_article(user.role)} cannot give a key the scope {stray[0]!r}; you have {', '.join(user.scopes)}"
        )
    if not scopes or not name.strip() or len(name) > 100:
        raise SpecError("a key has a name of up to 100 characters, and at least one scope", field=["name"])
    secret = f"{KEY_PREFIX}{secrets.token_urlsafe(32)}"
    chosen = tuple(scope for scope in SCOPES["admin"] if scope in scopes)
    made = ApiKey(id=new_id("key", now), created_at=now, user_id=user.id, name=name.strip(), scopes=chosen)
    users.add_key(store, made, _sha256(secret))
    return made, secret


def of_key(store: Store, secret: str, now: datetime) -> tuple[User, tuple[Scope, ...]] | None:
    """Whose key that is, and what it may do."""
    found = users.key(store, _sha256(secret)) if secret.startswith(KEY_PREFIX) else None
    if found is None or found[1].disabled:
        return None
    key, user = found
    if key.last_used_at is None or now - key.last_used_at >= _MINUTE:
        users.used_key(store, key.id, now)
    return user, tuple(scope for scope in key.scopes if scope in user.scopes)


def _opened(store: Store, user: User, now: datetime) -> Opened:
    token = secrets.token_urlsafe(32)
    session = Session(
        id=new_id("session", now), created_at=now, user_id=user.id, kind="browser", expires_at=now + SESSION
    )
    users.add_session(store, session, _sha256(token), now)
    return Opened(token, session, user)


def _sha256(secret: str) -> str:
    """Of what is drawn at random, and long: no guess needs to be slowed down."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _sound(password: str) -> str:
    if not LEAST_PASSWORD <= len(password) <= _MOST_PASSWORD:
        raise SpecError(f"a password has {LEAST_PASSWORD} to {_MOST_PASSWORD} characters", field=["password"])
    return password


def _hashed(password: str) -> str:
    salt = secrets.token_bytes(16)
    return f"scrypt:{_COST}:{_BLOCK}:{_PARALLEL}:{salt.hex()}:{_scrypt(password, salt, _COST, _BLOCK, _PARALLEL).hex()}"


def _matches(password: str, kept: str) -> bool:
    _, cost, block, parallel, salt, digest = kept.split(":")
    found = _scrypt(password[:_MOST_PASSWORD], bytes.fromhex(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(found, bytes.fromhex(digest))


def _scrypt(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    text = password.encode(errors="surrogatepass")
    return hashlib.scrypt(text, salt=salt, n=cost, r=block, p=parallel, maxmem=1 << 26, dklen=32)


_NOBODY = f"scrypt:{_COST}:{_BLOCK}:{_PARALLEL}:{'00' * 16}:{'00' * 32}"
"""What no password matches, in the time that it takes to find out."""
