"""Commands that print a generated document: `tickloom openapi` and `tickloom settings example`."""

import json

import click


@click.command()
def openapi() -> None:
    r"""Print the OpenAPI document of the HTTP API, as JSON.

    \b
    Example:
      tickloom openapi > openapi.json
    """
    from tickloom.api.openapi import document

    click.echo(json.dumps(document(), indent=2, sort_keys=True))


@click.group()
def settings() -> None:
    r"""Show what can be set from outside.

    \b
    Example:
      tickloom settings example > .env
    """


@settings.command()
def example() -> None:
    r"""Print every TICKLOOM_* variable with its meaning and default.

    \b
    Example:
      tickloom settings example > .env.example
    """
    from tickloom.settings.example import render_example

    click.echo(render_example(), nl=False)
