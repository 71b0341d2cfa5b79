"""`tickloom users`: accounts by hand, among them the first admin of a deployment. Whoever has the database may."""

import asyncio
import getpass
import json
import re
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias

import click

from tickloom.cli.database import data_option, open_database
from tickloom.cli.failures import BadPassword, MissingUser
from tickloom.store import users as store
from tickloom.store.audit import Actor
from tickloom.store.connection import Connection

ROLES = click.Choice(["viewer", "trader", "admin"])
Change: TypeAlias = Callable[[Connection, Actor], Awaitable[bool]]


@click.group()
def users() -> None:
    r"""Add and list users, set passwords and roles.

    \b
    Example:
      tickloom users add ada --role admin
    """


@users.command()
@click.argument("name")
@click.option("--role", type=ROLES, default="viewer", show_default=True, help="What the user may do.")
@data_option()
@click.option("--json", "as_json", is_flag=True, help='Print {"username", "role"}.')
def add(name: str, role: str, data: Path | None, as_json: bool) -> None:
    r"""Add a user; the password is asked for, or read from standard input where that is no terminal.

    \b
    Example:
      tickloom users add ada --role admin
    """
    from tickloom.api.accounts.schemas import NAME

    if not re.fullmatch(NAME, name):
        raise click.BadParameter("2 to 100 letters, digits and ._@+-, the first a letter or digit", param_hint="NAME")
    password = read_password()
    asyncio.run(_add(name, role, password, data))
    click.echo(json.dumps({"username": name, "role": role}) if as_json else f"added {name} as {role}")


async def _add(name: str, role: str, password: str, data: Path | None) -> None:
    password_hash = await _hash(password)
    async with open_database(data) as connection:
        await store.create_user(connection, _actor(), name, role, password_hash)


@users.command()
@click.argument("name")
@data_option()
def passwd(name: str, data: Path | None) -> None:
    r"""Set a user's password and end all sessions; asked for, or read from standard input.

    \b
    Example:
      tickloom users passwd ada
    """
    password_hash = asyncio.run(_hash(read_password()))
    _change(name, data, lambda connection, actor: store.set_password(connection, actor, name, password_hash))
    click.echo(f"changed the password of {name}")


@users.command()
@click.argument("name")
@click.argument("role", type=ROLES)
@data_option()
def role(name: str, role: str, data: Path | None) -> None:
    r"""Set a user's role.

    \b
    Example:
      tickloom users role ada admin
    """
    _change(name, data, lambda connection, actor: store.set_role(connection, actor, name, role))
    click.echo(f"{name} is {role} now")


@users.command()
@click.argument("name")
@data_option()
def disable(name: str, data: Path | None) -> None:
    r"""Keep a user out: sessions and API tokens end.

    \b
    Example:
      tickloom users disable eve
    """
    _change(name, data, lambda connection, actor: store.set_disabled(connection, actor, name, disabled=True))
    click.echo(f"{name} is kept out now")


@users.command()
@click.argument("name")
@data_option()
def enable(name: str, data: Path | None) -> None:
    r"""Let a user in again.

    \b
    Example:
      tickloom users enable eve
    """
    _change(name, data, lambda connection, actor: store.set_disabled(connection, actor, name, disabled=False))
    click.echo(f"{name} may log in again")


@users.command(name="list")
@data_option()
@click.option("--json", "as_json", is_flag=True, help="Print an array of users.")
def list_users(data: Path | None, as_json: bool) -> None:
    r"""List all users.

    \b
    Example:
      tickloom users list --json
    """
    found = [_describe(user) for user in asyncio.run(_list(data))]
    if as_json:
        click.echo(json.dumps(found))
        return
    for user in found:
        click.echo(f"{user['username']:<30} {user['role']:<7} {'kept out' if user['disabled_at'] else ''}".rstrip())


async def _list(data: Path | None) -> list[store.User]:
    found: list[store.User] = []
    async with open_database(data) as connection:
        while page := await store.list_users(connection, after=found[-1].user_no if found else 0, limit=1000):
            found += page
    return found


def _describe(user: store.User) -> dict[str, Any]:
    disabled_at = user.disabled_at.isoformat() if user.disabled_at else None
    return {
        "username": user.name,
        "role": user.role,
        "created_at": user.created_at.isoformat(),
        "disabled_at": disabled_at,
    }


def read_password() -> str:
    """Ask for a new password twice, or read one line where nobody can be asked; raises BadPassword."""
    from tickloom.api.accounts.passwords import LONGEST, SHORTEST

    if sys.stdin.isatty():
        password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadPassword(f"a password has {SHORTEST} to {LONGEST} characters")
    return password


async def _hash(password: str) -> str:
    from tickloom.api.accounts.passwords import Passwords

    return await Passwords().hash(password)


def _change(name: str, data: Path | None, change: Change) -> None:
    if not asyncio.run(_store(data, change)):
        raise MissingUser(f"there is no user {name}; tickloom users list shows who there is")


async def _store(data: Path | None, change: Change) -> bool:
    async with open_database(data) as connection:
        return await change(connection, _actor())


def _actor() -> Actor:
    return Actor(f"cli:{getpass.getuser()}")
