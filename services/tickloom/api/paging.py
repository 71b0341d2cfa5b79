"""Cursors: where the next page of a list begins, as text that clients pass back unread.

A cursor holds the key of the last row that was sent, so pages neither overlap nor miss rows when others are added.
Keys are whole numbers that are not negative; the OpenAPI document tells by a pattern which texts are cursors of a list.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from fastapi import Query

T = TypeVar("T")
ROW_NUMBER: Final = 18
"""Digits of a bigint key; PostgreSQL would refuse more."""
SMALL_NUMBER: Final = 9
"""Digits of an integer key."""
SECONDS: Final = 11
"""Digits of a time in Unix seconds: up to the year 5138."""
MICROSECONDS: Final = 17
"""Digits of a time in microseconds since 1970, up to the same year."""


def cursor_query(*digits: int) -> Any:
    """Return what the parameter `cursor` of a list is whose keys are numbers of so many digits."""
    pattern = "^" + "_".join(f"[0-9]{{1,{most}}}" for most in digits) + "$"
    return Query(pattern=pattern, description="`next_cursor` of the page before")


def decode_cursor(cursor: str | None) -> tuple[int, ...] | None:
    """Return the key in a cursor that has the pattern of its list; None where there is no cursor."""
    return tuple(map(int, cursor.split("_"))) if cursor else None


def cut_page(rows: list[T], limit: int, key: Callable[[T], tuple[int, ...]]) -> tuple[list[T], str | None]:
    """Return the page and the next cursor from rows that were read with a limit of one more than the page takes."""
    page = rows[:limit]
    return page, "_".join(map(str, key(page[-1]))) if len(rows) > limit else None
