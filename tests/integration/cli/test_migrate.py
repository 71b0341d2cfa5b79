"""`tickloom migrate` as pods run it: one brings the schema, the others wait for it."""

import subprocess
import sys
from pathlib import Path

TICKLOOM = Path(sys.executable).parent / "tickloom"


def start(url: str, *options: str) -> subprocess.Popen[str]:
    environment = {"TICKLOOM_DATABASE_URL": url, "PATH": "/usr/bin:/bin"}
    pipe = subprocess.PIPE
    return subprocess.Popen([TICKLOOM, "migrate", *options], env=environment, stdout=pipe, stderr=pipe, text=True)


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    said, complained = process.communicate(timeout=60)
    return process.returncode, said, complained


def test_a_check_fails_until_somebody_has_migrated(empty_postgres_url: str) -> None:
    code, _, complained = finish(start(empty_postgres_url, "--check"))
    assert code == 1
    assert "run tickloom migrate" in complained
    assert finish(start(empty_postgres_url))[0] == 0
    assert finish(start(empty_postgres_url, "--check"))[0] == 0


def test_a_check_that_waits_ends_when_somebody_has_migrated(empty_postgres_url: str) -> None:
    waiting = start(empty_postgres_url, "--check", "--wait", "50")
    assert finish(start(empty_postgres_url))[0] == 0
    assert finish(waiting)[0] == 0


def test_a_server_that_does_not_come_back_in_time_is_named(tmp_path: Path) -> None:
    code, _, complained = finish(start(f"postgresql://tickloom@/tickloom?host={tmp_path}", "--wait", "1.5"))
    assert code == 1
    assert "the database went away while connecting" in complained
