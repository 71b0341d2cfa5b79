"""The images install what was tested: their locked files agree with the one of the tests."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILES = re.findall(r"COPY requirements/(\w+)\.txt", (ROOT / "Dockerfile").read_text(encoding="utf-8"))


def pinned(name: str) -> set[str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    return set(re.findall(r"^([\w.\[\]-]+==\S+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("name", FILES)
def test_an_image_installs_only_versions_that_the_tests_ran_with(name: str) -> None:
    packages = pinned(name)
    assert packages
    assert packages <= pinned("dev")


@pytest.mark.parametrize("name", FILES)
def test_locked_files_name_no_registry(name: str) -> None:
    assert "://" not in (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
