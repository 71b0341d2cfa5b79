"""The `tickloom` command: finds the subcommand, imports only what it needs, and turns errors into one line.

Exit codes: 0 it worked, 1 it did not, 2 it was asked wrongly (options, settings, manifests).
"""

import importlib
import sys
from collections.abc import Mapping
from typing import Final

import click

_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "up": ("tickloom.cli.up", "Run everything on this machine."),
    "collector": ("tickloom.cli.services", "Collect trades from exchanges."),
    "processor": ("tickloom.cli.services", "Turn trades into bars."),
    "api": ("tickloom.cli.services", "Serve REST, WebSocket and the web chart."),
    "operator": ("tickloom.cli.services", "Run Symbols of Kubernetes: collectors, catalog, statuses."),
    "simulator": ("tickloom.cli.simulator", "Serve a simulated exchange."),
    "migrate": ("tickloom.cli.database", "Bring the database's schema up to this release."),
    "doctor": ("tickloom.cli.doctor", "Say what works, what does not, and how to mend it."),
    "symbols": ("tickloom.cli.symbols", "Apply, list and delete symbols."),
    "backfill": ("tickloom.cli.history", "Fetch the past of symbols from their exchanges."),
    "reconcile": ("tickloom.cli.history", "Compare bars with the exchanges' own candles."),
    "gaps": ("tickloom.cli.gaps", "List and heal what was missed."),
    "quarantine": ("tickloom.cli.quarantine", "List, release and discard trades that failed a check."),
    "users": ("tickloom.cli.users", "Add and list users, set passwords and roles."),
    "openapi": ("tickloom.cli.documents", "Print the OpenAPI document of the HTTP API."),
    "settings": ("tickloom.cli.documents", "Print an example of all settings."),
}


class _Commands(click.Group):
    """Imports a command's module when it is run; its help line is known without."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(_COMMANDS[cmd_name][0]), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tickloom")
def cli() -> None:
    r"""Market data you can trust: trades in, bars out.

    \b
    Example:
      tickloom up --demo
    """


def main() -> None:
    """Run the command line of this process and exit."""
    try:
        code = cli(standalone_mode=False)
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except BrokenPipeError:
        # Whoever read our output has enough of it.
        sys.stderr.close()
        code = 1
    except Exception as error:  # noqa: BLE001 - what is not an expected failure is raised again below
        code = _fail(error)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(error: Exception) -> int:
    # Imported here because it knows the errors of every package.
    from tickloom.cli.failures import explain

    failure = explain(error)
    if failure is None:
        raise error
    for line in failure.lines:
        click.echo(f"tickloom: {line}", err=True)
    return failure.exit_code


if __name__ == "__main__":
    main()
