"""Parameters of a REST request as Binance checks them, with its own error codes (errors.md)."""

import json
from collections.abc import Mapping
from typing import Final

from tickloom.simulator.klines import INTERVALS

LARGEST_PAGE: Final = 1000
USUAL_PAGE: Final = 500


class Refused(Exception):
    """The request is wrong; `code` is Binance's."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class Query:
    """The parameters of one request."""

    def __init__(self, query: Mapping[str, str], allowed: frozenset[str]) -> None:
        if unknown := [name for name in query if name not in allowed]:
            read = len(query) - len(unknown)
            raise Refused(
                -1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{len(query)}'."
            )
        if len(set(query)) != len(list(query)):
            raise Refused(-1101, "Duplicate values for a parameter detected.")
        self._query = query

    def __contains__(self, name: str) -> bool:
        return name in self._query

    def text(self, name: str) -> str:
        """Return a parameter that must be there."""
        if not self._query.get(name):
            raise Refused(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
        return self._query[name]

    def number(self, name: str) -> int | None:
        """Return a whole number that is not negative, None where it was not sent."""
        if name not in self._query:
            return None
        text = self._query[name]
        if not text:
            raise Refused(-1105, f"Parameter '{name}' was empty.")
        if not text.isascii() or not text.isdecimal():
            raise Refused(-1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.")
        return int(text)

    def limit(self) -> int:
        """Return how many rows are wanted, at most a page."""
        wanted = self.number("limit")
        if wanted == 0:
            raise Refused(-1130, "Data sent for parameter 'limit' is not valid.")
        return min(wanted or USUAL_PAGE, LARGEST_PAGE)

    def window(self) -> tuple[int | None, int | None]:
        """Return startTime and endTime in milliseconds."""
        begin, end = self.number("startTime"), self.number("endTime")
        if begin is not None and end is not None and begin > end:
            raise Refused(-1127, "Start time is greater than end time.")
        return begin, end

    def interval(self) -> str:
        """Return the interval of klines."""
        interval = self.text("interval")
        if interval not in INTERVALS:
            raise Refused(-1120, "Invalid interval.")
        return interval

    def symbols(self, known: Mapping[str, object]) -> list[str]:
        """Return the symbols that are asked for; all where none is named."""
        if "symbol" in self and "symbols" in self:
            raise Refused(-1128, "Combination of optional parameters invalid.")
        if "symbol" in self:
            wanted = [self.text("symbol")]
        elif "symbols" in self:
            wanted = self._list("symbols")
        else:
            wanted = list(known)
        if not set(wanted) <= known.keys():
            raise Refused(-1121, "Invalid symbol.")
        return wanted

    def _list(self, name: str) -> list[str]:
        try:
            value = json.loads(self._query[name])
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise Refused(-1100, f"Illegal characters found in parameter '{name}'.")
        return value
