"""`benchbook users` and `benchbook keys`: who may use the web application and its API."""

import getpass
import sys
from typing import Any, get_args

import click

from benchbook.cli.output import json_option, note, opened_store, print_json, refused_before
from benchbook.cli.tables import print_table, table_of
from benchbook.errors import SpecError
from benchbook.records.users import Role, Scope, User
from benchbook.service import users as service
from benchbook.service.runs import utc_now
from benchbook.store import users as stored
from benchbook.store.store import Store

_ROLES = click.Choice(get_args(Role))


@click.group(invoke_without_command=True)
@click.pass_context
@json_option
def users(ctx: click.Context, as_json: bool) -> None:
    """List who may use the web application; `add`, `change` and `link` let others in."""
    if ctx.invoked_subcommand is not None:
        refused_before("users add NAME", as_json=as_json)
        return
    with opened_store() as store:
        found = _all(store)
    if as_json:
        print_json({"users": [user.model_dump(mode="json") for user in found]})
        return
    table = table_of("user", "role", "=since")
    for user in found:
        table.add_row(user.name, f"{user.role}{', locked out' * user.disabled}", f"{user.created_at:%Y-%m-%d}")
    print_table(table, "nobody yet: `benchbook serve` lets the first one in, `benchbook users add NAME` others")


@users.command()
@click.argument("name")
@click.option("--role", type=_ROLES, default="viewer", show_default=True, help="What they may do.")
@click.option("--password", "with_password", is_flag=True, help="Ask for a password (or read it from stdin).")
@json_option
def add(name: str, role: Role, with_password: bool, as_json: bool) -> None:
    """Let NAME in. Without a password they come in by the link that is printed.

    A viewer reads, a reviewer also judges, an editor also runs experiments, an admin also lets others in.
    """
    password = _password() if with_password else None
    with opened_store() as store:
        user = service.add(store, name, role, password, utc_now())
        token = None if with_password else service.link(store, user, utc_now())
    _told(user, token, as_json=as_json)


@users.command()
@click.argument("name")
@click.option("--role", type=_ROLES, help="What they may do from now on.")
@click.option("--lock/--unlock", "disabled", default=None, help="Lock them out, or let them in again.")
@click.option("--password", "with_password", is_flag=True, help="Ask for a new password (or read it from stdin).")
@json_option
def change(name: str, role: Role | None, disabled: bool | None, with_password: bool, as_json: bool) -> None:
    """Change what NAME may do."""
    if role is None and disabled is None and not with_password:
        raise SpecError("say what changes: --role, --lock, --unlock or --password")
    password = _password() if with_password else None
    with opened_store() as store:
        user = service.change(store, service.named(store, name), role, disabled)
        if password is not None:
            service.set_password(store, user, password)
    _told(user, None, as_json=as_json)


@users.command()
@click.argument("name")
@json_option
def link(name: str, as_json: bool) -> None:
    """Print a link that logs NAME in, once, within a day: the way in for who has lost the password."""
    with opened_store() as store:
        user = service.named(store, name)
        token = service.link(store, user, utc_now())
    _told(user, token, as_json=as_json)


@click.group(invoke_without_command=True)
@click.option("--user", "name", default="admin", show_default=True, help="Whose keys.")
@click.pass_context
@json_option
def keys(ctx: click.Context, name: str, as_json: bool) -> None:
    """List the API keys of a user; `add` makes one, `revoke` ends one."""
    ctx.obj = name
    if ctx.invoked_subcommand is not None:
        refused_before("keys add NAME", as_json=as_json)
        return
    with opened_store() as store:
        found = stored.keys_of(store, service.named(store, name).id)
    if as_json:
        print_json({"keys": [key.model_dump(mode="json") for key in found]})
        return
    table = table_of("=key", "name", "may", "=last used", "status")
    for key in found:
        used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never"
        table.add_row(key.id, key.name, ", ".join(key.scopes), used, "revoked" if key.revoked_at else "valid")
    print_table(table, f"{name} has no keys: `benchbook keys --user {name} add NAME` makes one")


@keys.command("add")
@click.argument("name")
@click.option(
    "--scope", "scopes", type=click.Choice(get_args(Scope)), multiple=True, default=["read"], help="What it may do."
)
@click.pass_obj
@json_option
def add_key(user: str, name: str, scopes: tuple[Scope, ...], as_json: bool) -> None:
    """Make a key called NAME. It is printed this once; programs send it as `Authorization: Bearer KEY`."""
    with opened_store() as store:
        key, secret = service.add_key(store, service.named(store, user), name, scopes, utc_now())
    if as_json:
        print_json({"key": key.model_dump(mode="json"), "secret": secret})
        return
    click.echo(secret)
    note(f"{key.id}, for {', '.join(key.scopes)}; it is not shown again")


@keys.command()
@click.argument("key_id", metavar="KEY")
@click.pass_obj
@json_option
def revoke(user: str, key_id: str, as_json: bool) -> None:
    """End the key with the id KEY."""
    with opened_store() as store:
        owner = service.named(store, user)
        stored.revoke_key(store, owner.id, key_id, utc_now())
        [key] = [one for one in stored.keys_of(store, owner.id) if one.id == key_id]
    if as_json:
        print_json({"key": key.model_dump(mode="json")})
    else:
        note(f"{key.name} is no key any more")


def _all(store: Store) -> list[User]:
    page = stored.users(store, 200)
    found = list(page.items)
    while page.next is not None:
        page = stored.users(store, 200, page.next)
        found += page.items
    return found


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("password: ")
    if getpass.getpass("again: ") != password:
        raise SpecError("the two are not the same")
    return password


def _told(user: User, token: str | None, *, as_json: bool) -> None:
    if as_json:
        document: dict[str, Any] = {"user": user.model_dump(mode="json")}
        print_json({**document, "link": None if token is None else f"/login#token={token}"})
        return
    note(f"{user.name} is {user.role}{', and locked out' * user.disabled}")
    if token is not None:
        click.echo(f"/login#token={token}")
        note("Append this to the address of the server: it lets them in once, within a day.")
