"""Options that take several values, as in `--replay MONDAY TUESDAY`, which click itself does not offer."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import click

Decorator: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]


class ListsCommand(click.Command):
    """A command whose options made by `list_option` take every value up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Spell out the repeated options before click reads them."""
        names = {name for option in self.params if isinstance(option, _ListOption) for name in option.opts}
        return super().parse_args(ctx, _repeat_names(args, names))


class _ListOption(click.Option):
    """Marks an option for ListsCommand."""


def list_option(*names: str, metavar: str, description: str, required: bool = False) -> Decorator:
    """Declare an option that takes one or more existing files or directories."""
    return click.option(
        *names,
        cls=_ListOption,
        multiple=True,
        metavar=metavar,
        help=description,
        required=required,
        type=click.Path(exists=True, readable=True, path_type=Path),
    )


def _repeat_names(args: Sequence[str], names: set[str]) -> list[str]:
    """Turn `--replay A B` into `--replay A --replay B`."""
    written: list[str] = []
    current: str | None = None
    for index, argument in enumerate(args):
        if argument == "--":
            return [*written, *args[index:]]
        name, equals, value = argument.partition("=")
        if argument.startswith("-") and argument != "-":
            current = name if name in names else None
            written += [name, value] if current and equals else [argument]
        elif current is not None and written[-1] != current:
            written += [current, argument]
        else:
            written.append(argument)
    return written
