"""What `tickloom up` runs by itself: everything that needs no account, and the rest as soon as there is one."""

from tickloom.local.runnable import Runnable
from tickloom.settings.manifests import load_manifests
from tickloom.settings.paths import asset
from tickloom.settings.resources import Exchange, Symbol

ACCOUNT = {"TICKLOOM_ALPACA_API_KEY": "key", "TICKLOOM_ALPACA_API_SECRET": "secret"}


def exchanges(resources: list[Exchange | Symbol]) -> set[str]:
    return {r.metadata.name if isinstance(r, Exchange) else r.spec.exchange for r in resources}


def test_an_exchange_without_its_account_is_left_out_with_its_symbols_and_a_line() -> None:
    said: list[str] = []
    runnable = Runnable({}, said.append)
    resources = load_manifests([asset("manifests")])
    assert exchanges(resources) - exchanges(runnable(resources)) == {"alpaca"}
    runnable(resources)
    assert said == [
        "alpaca is left out: it needs an account; set TICKLOOM_ALPACA_API_KEY and TICKLOOM_ALPACA_API_SECRET"
    ]


def test_with_its_account_everything_runs() -> None:
    said: list[str] = []
    resources = load_manifests([asset("manifests")])
    assert Runnable(ACCOUNT, said.append)(resources) == resources
    assert said == []
