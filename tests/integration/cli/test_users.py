"""`tickloom users` as an operator of a deployment runs it."""

import json
import subprocess
import sys

from support.servers import run
from tickloom.store.connection import connect

PASSWORD = "correct horse battery"  # noqa: S105 - of the tests' own users


def users(url: str, *arguments: str, typed: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tickloom.cli.entry", "users", *arguments],
        input=typed + "\n",
        env={"TICKLOOM_DATABASE_URL": url, "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def listed(url: str) -> dict[str, str]:
    return {user["username"]: user["role"] for user in json.loads(users(url, "list", "--json").stdout)}


def test_the_first_admin_is_made_and_changed_by_hand(postgres_url: str) -> None:
    assert users(postgres_url, "add", "ada", "--role", "admin").returncode == 0
    assert users(postgres_url, "add", "vera").returncode == 0
    assert users(postgres_url, "role", "vera", "trader").returncode == 0
    assert users(postgres_url, "passwd", "vera", typed="a longer sentence").returncode == 0
    assert listed(postgres_url) == {"ada": "admin", "vera": "trader"}


def test_what_cannot_be_done_is_said_in_one_line_without_the_password(postgres_url: str) -> None:
    users(postgres_url, "add", "ada", "--role", "admin")
    cases = [
        (users(postgres_url, "add", "ADA"), 1),
        (users(postgres_url, "role", "nobody", "admin"), 1),
        (users(postgres_url, "role", "ada", "viewer"), 1),
        (users(postgres_url, "disable", "ada"), 1),
        (users(postgres_url, "add", "vera", typed="s3cret"), 2),
    ]
    for done, code in cases:
        assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stderr
        assert "s3cret" not in done.stderr
    assert listed(postgres_url) == {"ada": "admin"}


def test_whoever_did_it_by_hand_is_in_the_audit_log(postgres_url: str) -> None:
    users(postgres_url, "add", "ada", "--role", "admin")

    async def entries() -> list[tuple[str, str]]:
        connection = await connect(postgres_url, "test")
        rows = await connection.fetch("SELECT actor, action FROM audit_log")
        await connection.close()
        return [(row["actor"].partition(":")[0], row["action"]) for row in rows]

    assert run(entries()) == [("cli", "user.create")]
