"""The client for plain code."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

import httpx
from websockets.sync.client import ClientConnection, connect

from tickloom.client import calls
from tickloom.client.calls import Answers, Call, When
from tickloom.client.errors import TickloomError, Unreachable
from tickloom.client.following import Following
from tickloom.client.saving import WholeFile
from tickloom.client.shapes import Bar, Bars, Exchange, FeatureRow, Gap, Quality, Timeframe, Version
from tickloom.client.transport import (
    LOST,
    SILENCE_SECONDS,
    TIMEOUT_SECONDS,
    Target,
    backoff,
    read_answer,
    reason_to_give_up,
    refused,
    wait_before_retry,
)

T = TypeVar("T")


class Tickloom:
    """A connection to a server; every method raises TickloomError."""

    def __init__(self, url: str | None = None, token: str | None = None) -> None:
        self._target = Target(url, token)
        self._http = httpx.Client(base_url=self._target.url, headers=self._target.headers, timeout=TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def symbols(self) -> list[Exchange]:
        """Return all exchanges with the symbols that are collected."""
        return self._run(calls.list_symbols())

    def bars(
        self,
        symbol: str,
        timeframe: Timeframe = "1m",
        *,
        start: When | None = None,
        end: When | None = None,
        limit: int | None = None,
        indicators: tuple[str, ...] = (),
    ) -> Bars:
        """Return bars from `start` on and before `end`, the latest `limit` of them, oldest first.

        Without `start` and `limit` the latest 500; without `end` the last bar may still form.
        """
        return self._run(calls.read_bars(symbol, timeframe, start=start, end=end, limit=limit, indicators=indicators))

    def quality(
        self, symbol: str, timeframe: Timeframe = "1m", *, limit: int = 500, before: When | None = None
    ) -> Quality:
        """Return the score of a symbol now, and up to `limit` stretches of its timeline."""
        return self._run(calls.read_quality(symbol, timeframe, limit, before))

    def gaps(
        self,
        symbol: str | None = None,
        *,
        state: Literal["open", "healed", "unhealable"] | None = None,
        start: When | None = None,
        end: When | None = None,
        limit: int | None = None,
    ) -> list[Gap]:
        """Return the gap ledger, latest first."""
        return self._run(calls.list_gaps(symbol, state, start, end, limit))

    def revisions(
        self, symbol: str, timeframe: Timeframe = "1m", *, time: When | None = None, limit: int | None = None
    ) -> list[Version]:
        """Return the versions of the bar that starts at `time`, or of all revised bars, latest first."""
        return self._run(calls.list_versions(symbol, timeframe, time, limit))

    def features(
        self,
        symbol: str,
        timeframe: Timeframe = "1m",
        *,
        start: When | None = None,
        end: When | None = None,
        as_of: datetime | None = None,
    ) -> list[FeatureRow]:
        """Return the features of closed bars, oldest first; with `as_of` as they were known then."""
        return self._run(calls.list_features(symbol, timeframe, start, end, as_of))

    def export(
        self,
        symbol: str,
        path: str | Path,
        timeframe: Timeframe = "1m",
        *,
        start: When | None = None,
        end: When | None = None,
        kind: Literal["csv", "json", "parquet"] = "parquet",
    ) -> Path:
        """Save all closed bars of a range as a file, in constant memory; a download that breaks off leaves none."""
        query = calls.query_of(
            timeframe=timeframe, start=calls.seconds_of(start), end=calls.seconds_of(end), format=kind
        )
        try:
            with self._http.stream("GET", self._target.export_path(symbol), params=query) as response:
                if not response.is_success:
                    response.read()
                    raise refused(response)
                with WholeFile(path) as file:
                    for piece in response.iter_bytes():
                        file.write(piece)
                    file.finish()
        except httpx.TransportError as error:
            raise Unreachable(f"the export from {self._target.url} broke off: {error}") from error
        return file.path

    def live(
        self, symbol: str, timeframe: Timeframe = "1m", *, rate: float = 1.0, closed: bool = False
    ) -> Iterator[Bar]:
        """Yield bars as they change, at most `rate` times a second; never ends.

        The first are the latest 500. A lost connection is opened again, and nothing is missing or told twice; only a
        server that was never reached raises Unreachable.
        With `closed` only bars that are final, and their later revisions.
        """
        following, attempt = Following(closed=closed), 0
        while True:
            try:
                with self._connect(symbol, timeframe, rate) as socket:
                    while True:
                        text = socket.recv(timeout=SILENCE_SECONDS)
                        attempt = 0
                        yield from self._told(following, text, symbol, timeframe)
            except LOST as error:
                if give_up := reason_to_give_up(error, following):
                    raise give_up from error
            time.sleep(backoff(attempt))
            attempt += 1

    def _connect(self, symbol: str, timeframe: str, rate: float) -> ClientConnection:
        url = self._target.socket_url(symbol, timeframe, rate)
        return connect(url, additional_headers=self._target.headers, open_timeout=TIMEOUT_SECONDS, max_size=None)

    def _told(self, following: Following, text: str | bytes, symbol: str, timeframe: Timeframe) -> Iterator[Bar]:
        bars, missed = following.read(text)
        if missed:
            yield from following.tell(self.bars(symbol, timeframe, start=missed.start, end=missed.end))
        yield from following.tell(bars)

    def _run(self, answers: Answers[T]) -> T:
        try:
            call = next(answers)
            while True:
                call = answers.send(self._ask(call))
        except StopIteration as done:
            result: T = done.value
            return result

    def _ask(self, call: Call) -> bytes:
        attempt = 0
        while True:
            try:
                return self._ask_once(call)
            except TickloomError as error:
                if (wait := wait_before_retry(error, attempt)) is None:
                    raise
                time.sleep(wait)
                attempt += 1

    def _ask_once(self, call: Call) -> bytes:
        try:
            return read_answer(self._http.get(call.path, params=dict(call.query)))
        except httpx.TransportError as error:
            raise Unreachable(f"{self._target.url} cannot be reached: {error or type(error).__name__}") from error
