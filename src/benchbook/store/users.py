"""Users, keys and sessions in the store. What is secret comes as a hash, and is only ever compared."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, insert, select, update

from benchbook.errors import NotFound
from benchbook.records.users import ApiKey, Role, Session, User
from benchbook.store import tables
from benchbook.store.pages import Page, cut, opened
from benchbook.store.rows import columns_of, record_of, row_of
from benchbook.store.store import Store


class Credentials(NamedTuple):
    """A user, and the hash of the password; None if there is none to log in with."""

    user: User
    password: str | None


def add_user(store: Store, user: User, password: str | None) -> None:
    """Keep a user with the hash of a password; Conflict if the name is taken."""
    with store.writing() as connection:
        connection.execute(insert(tables.users).values(row_of(user, password=password)))


def users(store: Store, limit: int = 50, after: str | None = None) -> Page[User]:
    """The users, by name."""
    table = tables.users.c
    question = select(*columns_of(User)).order_by(table.name).limit(limit + 1)
    if after is not None:
        question = question.where(table.name > opened(after, str)[0])
    with store.reading() as connection:
        found = [record_of(User, values) for values in connection.execute(question)]
    return cut(found, limit, lambda user: (user.name,))


def user(store: Store, user_id: str) -> User:
    """The user of that id."""
    with store.reading() as connection:
        found = connection.execute(select(*columns_of(User)).where(tables.users.c.id == user_id)).one_or_none()
    if found is None:
        raise NotFound(f"there is no user {user_id}")
    return record_of(User, found)


def credentials(store: Store, name: str) -> Credentials | None:
    """The user of that name with the hash of the password, if there is one."""
    table = tables.users.c
    with store.reading() as connection:
        found = connection.execute(select(table.password, *columns_of(User)).where(table.name == name)).one_or_none()
    return None if found is None else Credentials(record_of(User, found[1:]), found[0])


def update_user(store: Store, changed: User) -> None:
    """Keep what has changed of a user."""
    change = update(tables.users).where(tables.users.c.id == changed.id)
    with store.writing() as connection:
        connection.execute(change.values(role=changed.role, disabled=changed.disabled))


def set_password(store: Store, user_id: str, password: str) -> None:
    """Keep the hash of a new password; sessions and links of the user end."""
    with store.writing() as connection:
        connection.execute(update(tables.users).where(tables.users.c.id == user_id).values(password=password))
        connection.execute(delete(tables.sessions).where(tables.sessions.c.user_id == user_id))


def number_of(store: Store, role: Role | None = None, *, with_password: bool = False) -> int:
    """How many users there are that are not disabled."""
    table = tables.users.c
    question = select(func.count()).select_from(tables.users).where(table.disabled.is_(False))
    if role is not None:
        question = question.where(table.role == role)
    if with_password:
        question = question.where(table.password.is_not(None))
    with store.reading() as connection:
        return connection.scalar(question) or 0


def add_key(store: Store, key: ApiKey, sha256: str) -> None:
    """Keep a key, by its hash."""
    with store.writing() as connection:
        connection.execute(insert(tables.api_keys).values(row_of(key, sha256=sha256)))


def keys_of(store: Store, user_id: str) -> list[ApiKey]:
    """The keys of a user, newest first; those that were revoked, too."""
    table = tables.api_keys.c
    question = select(*columns_of(ApiKey)).where(table.user_id == user_id).order_by(table.id.desc())
    with store.reading() as connection:
        return [record_of(ApiKey, values) for values in connection.execute(question)]


def key(store: Store, sha256: str) -> tuple[ApiKey, User] | None:
    """The key of that hash with its user, if it is in use."""
    table = tables.api_keys.c
    width = len(columns_of(ApiKey))
    question = select(*columns_of(ApiKey), *columns_of(User)).join_from(tables.api_keys, tables.users)
    with store.reading() as connection:
        found = connection.execute(question.where(table.sha256 == sha256, table.revoked_at.is_(None))).one_or_none()
    return None if found is None else (record_of(ApiKey, found[:width]), record_of(User, found[width:]))


def used_key(store: Store, key_id: str, now: datetime) -> None:
    """Note when a key was used."""
    with store.writing() as connection:
        connection.execute(update(tables.api_keys).where(tables.api_keys.c.id == key_id).values(last_used_at=now))


def revoke_key(store: Store, user_id: str, key_id: str, now: datetime) -> None:
    """End a key of a user."""
    table = tables.api_keys.c
    mine = update(tables.api_keys).where(table.id == key_id, table.user_id == user_id, table.revoked_at.is_(None))
    with store.writing() as connection:
        if not connection.execute(mine.values(revoked_at=now)).rowcount:
            raise NotFound(f"you have no key {key_id} in use")


def add_session(store: Store, session: Session, sha256: str, now: datetime) -> None:
    """Keep a session or a link, by its hash; what has expired goes."""
    with store.writing() as connection:
        connection.execute(delete(tables.sessions).where(tables.sessions.c.expires_at <= now))
        connection.execute(insert(tables.sessions).values(row_of(session, sha256=sha256)))


def session(store: Store, sha256: str, now: datetime) -> tuple[Session, User] | None:
    """The browser's session of that hash with its user, if it has not expired."""
    table = tables.sessions.c
    width = len(columns_of(Session))
    question = select(*columns_of(Session), *columns_of(User)).join_from(tables.sessions, tables.users)
    valid = (table.sha256 == sha256, table.kind == "browser", table.expires_at > now)
    with store.reading() as connection:
        found = connection.execute(question.where(*valid)).one_or_none()
    return None if found is None else (record_of(Session, found[:width]), record_of(User, found[width:]))


def take_link(store: Store, sha256: str, now: datetime) -> str | None:
    """Whose link that is, if it is still one: it is none afterwards, and of two who try it one gets in."""
    table = tables.sessions.c
    valid = (table.sha256 == sha256, table.kind == "link", table.expires_at > now)
    with store.writing() as connection:
        return connection.scalar(delete(tables.sessions).where(*valid).returning(table.user_id))


def end_session(store: Store, sha256: str) -> None:
    """End a session."""
    with store.writing() as connection:
        connection.execute(delete(tables.sessions).where(tables.sessions.c.sha256 == sha256))


def end_sessions(store: Store, user_id: str) -> None:
    """End all sessions and links of a user."""
    with store.writing() as connection:
        connection.execute(delete(tables.sessions).where(tables.sessions.c.user_id == user_id))
