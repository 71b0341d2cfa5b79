"""`tickloom doctor`: what works, what does not, and how to mend it."""

import asyncio
import json
from pathlib import Path

import click

from tickloom.cli.database import data_option
from tickloom.cli.failures import NotWell
from tickloom.local.data_directory import default_data_directory, running_addresses
from tickloom.local.diagnosis import Finding, diagnose
from tickloom.settings.environment import Settings

_MARKS = {"ok": "ok", "warning": "!!", "failure": "XX"}


@click.command()
@data_option()
@click.option("--json", "as_json", is_flag=True, help='Print [{"part", "state", "text", "remedy"}, …].')
def doctor(data: Path | None, as_json: bool) -> None:
    r"""Say what works, what does not, and how to mend it; nothing is changed.

    \b
    Example:
      tickloom doctor --data ~/.local/share/tickloom/demo
    """
    findings = asyncio.run(diagnose(*_addresses(data)))
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in findings]))
    else:
        for finding in findings:
            click.echo(_line(finding))
    if failed := [finding.part for finding in findings if finding.state == "failure"]:
        raise NotWell(f"does not work: {', '.join(failed)}")


def _addresses(data: Path | None) -> tuple[str, str]:
    settings = Settings()
    if settings.database_url and settings.redis_url:
        return str(settings.database_url), str(settings.redis_url)
    running = running_addresses((data or default_data_directory("live")).absolute())
    return running["database_url"], running["redis_url"]


def _line(finding: Finding) -> str:
    remedy = f" -> {finding.remedy}" if finding.remedy else ""
    return f"{_MARKS[finding.state]} {finding.part:<18} {finding.text}{remedy}"
