"""Every request of the API as data: what to ask, and how to read the answer. No connection is opened here.

A listing is a generator that yields a request, is sent its answer, and returns the whole, so that it is written once
for both clients.
"""

from collections.abc import Generator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar
from urllib.parse import quote

import msgspec

from tickloom.client.shapes import (
    Bar,
    Bars,
    ChartPage,
    Exchange,
    FeatureRow,
    Gap,
    Quality,
    Version,
)

T = TypeVar("T")
PAGE_BARS: Final = 5000
PAGE_ROWS: Final = 1000
When: TypeAlias = int | str | datetime
"""Unix seconds, RFC 3339 text (UTC where it names no zone), or a datetime that knows its zone."""


class Call(NamedTuple):
    """A GET request."""

    path: str
    query: Mapping[str, str]


Answers: TypeAlias = Generator[Call, bytes, T]


class _Symbols(msgspec.Struct):
    exchanges: list[Exchange]


def seconds_of(when: When | None) -> int | None:
    """Return Unix seconds; raises ValueError for a datetime without a zone or a text that is no time."""
    if when is None or isinstance(when, int):
        return when
    if isinstance(when, str):
        read = datetime.fromisoformat(when)
        when = read if read.tzinfo else read.replace(tzinfo=UTC)
    if when.tzinfo is None:
        raise ValueError("a datetime needs a time zone: datetime(2024, 8, 1, tzinfo=UTC)")
    return int(when.timestamp())


def query_of(**parameters: Any) -> dict[str, str]:
    """Return the parameters that are not None, as text."""
    return {name: str(value) for name, value in parameters.items() if value is not None}


def path_of(*parts: str) -> str:
    """Return a path of the API; parts are escaped."""
    return "/api/v1/" + "/".join(quote(part, safe=":") for part in parts)


def list_symbols() -> Answers[list[Exchange]]:
    """Ask for all exchanges and symbols."""
    return msgspec.json.decode((yield Call(path_of("symbols"), {})), type=_Symbols).exchanges


def read_bars(
    symbol: str,
    timeframe: str,
    *,
    start: When | None = None,
    end: When | None = None,
    limit: int | None = None,
    indicators: tuple[str, ...] = (),
) -> Answers[Bars]:
    """Ask for bars from `start` on and before `end`, the latest `limit` of them; page by page, oldest first.

    Without `start` and `limit` the latest 500. Without `end` the last bar may still form.
    """
    begin, before = seconds_of(start), seconds_of(end)
    most = limit if limit is not None else (500 if begin is None else None)
    found: list[Bar] = []
    symbol_id = symbol
    while True:
        size = PAGE_BARS if most is None else min(PAGE_BARS, most - len(found))
        named = ",".join(indicators) or None
        query = query_of(timeframe=timeframe, limit=size, before=before, indicators=named)
        page = msgspec.json.decode((yield Call(path_of("charts", symbol), query)), type=ChartPage)
        symbol_id, before = page.symbol, page.next_before
        found = [*page.joined(), *found]
        reached = begin is not None and bool(found) and found[0].time <= begin
        if before is None or reached or (most is not None and len(found) >= most):
            break
    return Bars((bar for bar in found if begin is None or bar.time >= begin), symbol_id, timeframe)


def read_quality(symbol: str, timeframe: str, limit: int, before: When | None) -> Answers[Quality]:
    """Ask for one page of the timeline of a symbol's quality."""
    query = query_of(timeframe=timeframe, limit=limit, before=seconds_of(before))
    return msgspec.json.decode((yield Call(path_of("quality", symbol), query)), type=Quality)


def list_gaps(
    symbol: str | None, state: str | None, start: When | None, end: When | None, limit: int | None
) -> Answers[list[Gap]]:
    """Ask for the gap ledger, latest first."""
    query = query_of(symbol=symbol, state=state, start=seconds_of(start), end=seconds_of(end))
    return _follow(path_of("gaps"), query, "gaps", Gap, limit)


def list_versions(symbol: str, timeframe: str, time: When | None, limit: int | None) -> Answers[list[Version]]:
    """Ask for the versions of one bar, or of all revised bars, latest first."""
    query = query_of(timeframe=timeframe, time=seconds_of(time))
    return _follow(path_of("charts", symbol, "revisions"), query, "versions", Version, limit)


def list_features(
    symbol: str, timeframe: str, start: When | None, end: When | None, as_of: datetime | None
) -> Answers[list[FeatureRow]]:
    """Ask for the features of closed bars, oldest first; `as_of` leaves out what was not known by then."""
    known = None if as_of is None else as_of.isoformat()
    query = query_of(timeframe=timeframe, start=seconds_of(start), end=seconds_of(end), as_of=known)
    return _follow(path_of("features", symbol), query, "rows", FeatureRow, None)


def _follow(path: str, query: Mapping[str, str], name: str, row: type[T], limit: int | None) -> Answers[list[T]]:
    """Ask page by page until there are `limit` rows, or no more; the rows of a page are its member `name`."""
    found: list[T] = []
    cursor: str | None = None
    while limit is None or len(found) < limit:
        size = PAGE_ROWS if limit is None else min(PAGE_ROWS, limit - len(found))
        page = msgspec.json.decode(
            (yield Call(path, {**query, **query_of(limit=size, cursor=cursor)})), type=dict[str, msgspec.Raw]
        )
        found += msgspec.json.decode(page[name], type=list[row])  # type: ignore[valid-type]
        if (cursor := msgspec.json.decode(page["next_cursor"], type=str | None)) is None:
            break
    return found
