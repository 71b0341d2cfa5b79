"""Cursors: where the next page of a list begins, as text that clients pass back unread.

A cursor holds the key of the last row that was sent, so pages neither overlap nor miss rows when others are added.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Final, TypeVar

import msgspec

from tickloom.api.problems import BadRequest

T = TypeVar("T")
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
"""A key that a bigint column has: PostgreSQL refuses larger ones."""
LONGEST: Final = 300
"""Characters that a cursor has at most."""


def encode_cursor(key: tuple[object, ...]) -> str:
    """Return a key of plain values as URL-safe text."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def decode_cursor(cursor: str | None, shape: type[T]) -> T | None:
    """Return the key in a cursor, None where there is no cursor; raises BadRequest for what is none of ours."""
    if not cursor:
        return None
    try:
        data = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        return msgspec.json.decode(data, type=shape)
    except (binascii.Error, ValueError, UnicodeEncodeError, msgspec.DecodeError) as error:
        raise BadRequest("this cursor is none of this list: ask without it, then follow `next_cursor`") from error


def cut_page(rows: list[T], limit: int, key: Callable[[T], tuple[object, ...]]) -> tuple[list[T], str | None]:
    """Return the page and the next cursor from rows that were read with a limit of one more than the page takes."""
    page = rows[:limit]
    return page, encode_cursor(key(page[-1])) if len(rows) > limit else None
