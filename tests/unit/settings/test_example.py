"""`.env.example` names every setting as it is."""

from pathlib import Path

from tickloom.settings.example import render_example

ROOT = Path(__file__).parents[3]


def test_the_example_file_is_what_the_settings_give() -> None:
    written = (ROOT / ".env.example").read_text()
    assert written == render_example(), "write it anew: tickloom settings example > .env.example"
