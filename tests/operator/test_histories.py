"""Symbols that ask for history get Jobs, a few at a time, that Kubernetes runs to their end, and say what became of it.

The pods run a stand-in for `tickloom backfill` that writes down what it was asked.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.operating import PAUSE_IMAGE, Place, eventually, exchange, symbol

_STAND_IN = """#!/bin/sh
echo "$@" >> /stand-in/asked
[ ! -e "/stand-in/fail" ]
"""
_SYSTEM = {"usr": "/usr", "bin": "/usr/bin", "lib": "/usr/lib", "lib64": "/usr/lib64"}


def template(folder: Path) -> dict[str, Any]:
    """A pod template with this machine's shell, and a directory of ours first on the path."""
    mounts = [{"name": name, "mountPath": f"/{name}", "readOnly": True} for name in _SYSTEM]
    volumes = [{"name": name, "hostPath": {"path": path}} for name, path in _SYSTEM.items()]
    container = {
        "name": "backfill",
        "image": PAUSE_IMAGE,
        "env": [{"name": "PATH", "value": "/stand-in:/usr/bin"}],
        "volumeMounts": [*mounts, {"name": "stand-in", "mountPath": "/stand-in"}],
    }
    ours = {"name": "stand-in", "hostPath": {"path": str(folder)}}
    return {"spec": {"containers": [container], "volumes": [*volumes, ours]}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("stand-in")
    (made / "tickloom").write_text(_STAND_IN)
    (made / "tickloom").chmod(0o755)
    return made


@pytest.fixture(scope="module", autouse=True)
def _running(place: Place, folder: Path) -> Iterator[None]:
    path = place.folder / "backfill.yaml"
    path.write_text(json.dumps(template(folder)))
    place.apply(exchange("one"))
    replica = place.start(backfill_template=str(path), backfill_jobs="2")
    yield
    assert replica.process.poll() is None


def backfilled(place: Place, name: str, status: str, reason: str) -> str:
    found = place.condition("symbol", name, "Backfilled")
    assert found[:2] == (status, reason), found
    return found[2]


def asked(folder: Path, of: str) -> list[list[str]]:
    lines = (folder / "asked").read_text().splitlines()
    return [line.split() for line in lines if f" {of} " in line]


def test_every_symbol_that_asks_gets_its_history_though_few_jobs_run_at_a_time(place: Place, folder: Path) -> None:
    names = [f"S{number}" for number in range(5)]
    place.apply(*(symbol("one", name, backfill={"days": 1}) for name in names))
    for name in names:
        told = eventually(lambda name=name: backfilled(place, f"one-{name.lower()}", "True", "Done"), 120)  # type: ignore[misc]
        begin, end = told.split(" to ")
        assert asked(folder, f"one:{name}") == [["backfill", f"one:{name}", "--from", begin, "--to", end]]


def test_a_long_history_is_fetched_in_chunks_that_meet(place: Place, folder: Path) -> None:
    place.apply(symbol("one", "LONG", backfill={"days": 70}))
    told = eventually(lambda: backfilled(place, "one-long", "True", "Done"), 120)
    chunks = sorted((line[3], line[5]) for line in asked(folder, "one:LONG"))
    assert len(chunks) == 3
    assert f"{chunks[0][0]} to {chunks[-1][1]}" == told
    assert [end for _, end in chunks[:-1]] == [begin for begin, _ in chunks[1:]]

    place.kubectl("delete", "jobs", "-l", "tickloom.dev/symbol=one-long")
    place.apply(symbol("one", "LATER", backfill={"days": 1}))
    eventually(lambda: backfilled(place, "one-later", "True", "Done"), 120)
    assert len(asked(folder, "one:LONG")) == 3, "what is done is not done again when its Job is gone"


def test_a_job_that_nobody_asks_for_any_more_is_deleted(place: Place, folder: Path) -> None:
    (folder / "fail").touch()
    try:
        place.apply(symbol("one", "BAD", backfill={"days": 1}))
        eventually(lambda: backfilled(place, "one-bad", "False", "Running"))
        place.kubectl("patch", "symbol/one-bad", "--type=json", "-p", '[{"op": "remove", "path": "/spec/backfill"}]')

        def nothing_is_left() -> None:
            assert place.get("jobs", "-l", "tickloom.dev/symbol=one-bad")["items"] == []
            conditions = place.get("symbol", "one-bad")["status"]["conditions"]
            assert [one for one in conditions if one["type"] == "Backfilled"] == []

        eventually(nothing_is_left)
    finally:
        (folder / "fail").unlink()
