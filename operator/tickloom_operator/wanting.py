"""What is wanted of one exchange, from its Exchange and its Symbols: pure, and one broken Symbol spoils no other."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import orjson
from pydantic import ValidationError

from tickloom.settings.resources import ExchangeSpec, SymbolSpec
from tickloom_operator.objects import Key, Seen


class Problem(NamedTuple):
    """Why a resource is not served: a word for programs and a sentence for people."""

    reason: str
    message: str


class Want(NamedTuple):
    """What is wanted. `spec` is None where there is no Exchange that can be served; `problem` says why.

    `symbols` are the accepted ones by resource, `refused` the others with the reason; `untouched` are symbols (in the
    exchange's spelling) whose rows stay as they are.
    """

    key: Key
    exchange: Seen | None
    spec: ExchangeSpec | None
    problem: Problem | None
    symbols: dict[Key, SymbolSpec]
    refused: dict[Key, Problem]
    untouched: frozenset[str]

    @property
    def is_paused(self) -> bool:
        """Whether the Exchange is to be left alone."""
        return self.exchange is not None and self.exchange.paused

    @property
    def name(self) -> str:
        """The exchange's name in the catalog."""
        return self.key.name


_SHARED: Final = ("timeframes", "indicators", "features", "quality")
_MISSING: Final = "there is no Exchange {name!r} in this namespace: apply one"
_TAKEN: Final = "the Exchange of this name in namespace {holder!r} is older: the catalog holds one of each name"
_DUPLICATE: Final = "Symbol {first!r} stands for {symbol!r} already: delete one of them"


class Reader:
    """Reads specs; what did not change since is not read again."""

    def __init__(self) -> None:
        self._symbols: dict[str, tuple[bytes, SymbolSpec | Problem]] = {}
        self._parts: dict[tuple[str, bytes], Any] = {}

    def want(self, key: Key, exchange: Seen | None, symbols: Sequence[Seen], holder: Key | None) -> Want:
        """Return what is wanted of an exchange; symbols oldest first, `holder` is the Exchange that has the name."""
        spec, problem = _exchange(key, exchange, holder)
        accepted: dict[Key, SymbolSpec] = {}
        refused: dict[Key, Problem] = {}
        untouched: set[str] = set()
        owners: dict[str, str] = {}
        for seen in symbols:
            read = self._symbol(seen)
            if isinstance(read, Problem):
                refused[seen.key] = read
                untouched.add(_spelling(seen))
            elif first := owners.get(read.symbol):
                refused[seen.key] = Problem("Duplicate", _DUPLICATE.format(first=first, symbol=read.symbol))
            else:
                owners[read.symbol] = seen.key.name
                accepted[seen.key] = read
                if seen.paused:
                    untouched.add(read.symbol)
        return Want(key, exchange, spec, problem, accepted, refused, frozenset(untouched))

    def forget(self, uid: str) -> None:
        """Forget a Symbol that is gone."""
        self._symbols.pop(uid, None)

    def _symbol(self, seen: Seen) -> SymbolSpec | Problem:
        known = self._symbols.get(seen.uid)
        if known is None or known[0] != seen.spec:
            known = (seen.spec, self._read(seen.spec))
            self._symbols[seen.uid] = known
        return known[1]

    def _read(self, spec: bytes) -> SymbolSpec | Problem:
        try:
            read = SymbolSpec.model_validate_json(spec)
        except ValidationError as error:
            return Problem("Invalid", _explain(error))
        # Thousands of Symbols say the same of quality, features and indicators; it is kept once.
        written = orjson.loads(spec)
        shared = {
            name: self._parts.setdefault((name, orjson.dumps(written[name])), getattr(read, name))
            for name in _SHARED
            if name in written
        }
        return read.model_copy(update=shared)


def _spelling(seen: Seen) -> str:
    # The API server holds that it is there and is text.
    return str(orjson.loads(seen.spec).get("symbol", ""))


def _exchange(key: Key, seen: Seen | None, holder: Key | None) -> tuple[ExchangeSpec | None, Problem | None]:
    if seen is None:
        return None, Problem("ExchangeMissing", _MISSING.format(name=key.name))
    if holder is not None and holder != key:
        return None, Problem("NameTaken", _TAKEN.format(holder=holder.namespace))
    try:
        return ExchangeSpec.model_validate_json(seen.spec), None
    except ValidationError as error:
        return None, Problem("Invalid", _explain(error))


def _explain(error: ValidationError) -> str:
    lines = []
    for details in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in details["loc"])
        message = details["msg"].removeprefix("Value error, ")
        lines.append(f"spec.{where}: {message}" if where else message)
    return "; ".join(lines)[:2000]
