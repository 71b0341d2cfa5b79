"""What the API server accepts of Exchange and Symbol while no operator runs, and that the models agree with it."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from support.kubernetes import Cluster
from support.resource_documents import RIGHT, WRONG, Case
from tickloom.settings.resources import Exchange, Symbol

MODELS = {"Exchange": Exchange, "Symbol": Symbol}


def document(case: Case, name: str = "tried") -> dict[str, Any]:
    return {
        "apiVersion": "tickloom.dev/v1alpha1",
        "kind": case.kind,
        "metadata": {"name": name},
        "spec": case.spec,
    }


async def answers(cluster: Cluster, cases: list[Case]) -> list[str | None]:
    """Ask the API server for each case, without storing anything; None where it accepts."""
    found: list[str | None] = []
    async with cluster.session() as session:
        for number, case in enumerate(cases):
            path = f"/apis/tickloom.dev/v1alpha1/namespaces/default/{case.kind.lower()}s"
            options = {"fieldValidation": "Strict", "dryRun": "All"}
            async with session.post(path, json=document(case, f"case-{number}"), params=options) as answer:
                body = await answer.json()
                found.append(None if answer.status < 300 else str(body["message"]))
    return found


async def test_the_api_server_accepts_what_is_right_and_refuses_what_is_wrong_saying_why(cluster: Cluster) -> None:
    right, wrong = await answers(cluster, RIGHT), await answers(cluster, WRONG)
    assert [(case.spec, told) for case, told in zip(RIGHT, right, strict=True) if told is not None] == []
    unclear = [
        (case.spec, case.problem, told)
        for case, told in zip(WRONG, wrong, strict=True)
        if told is None or str(case.problem) not in told
    ]
    assert unclear == []


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: json.dumps(case.spec)[:60])
def test_the_models_accept_what_the_api_server_accepts(case: Case) -> None:
    MODELS[case.kind].model_validate(document(case))


@pytest.mark.parametrize("case", WRONG, ids=lambda case: json.dumps(case.spec)[:60])
def test_the_models_refuse_what_the_api_server_refuses(case: Case) -> None:
    with pytest.raises(ValidationError):
        MODELS[case.kind].model_validate(document(case))


@pytest.mark.parametrize(
    ("kind", "name", "change", "problem"),
    [
        ("exchange", "fixed", {"driver": "yahoo"}, "driver cannot be changed"),
        ("symbol", "fixed", {"exchange": "other"}, "exchange cannot be changed"),
        ("symbol", "fixed", {"symbol": "ETHUSDT"}, "symbol cannot be changed"),
    ],
)
def test_what_a_resource_stands_for_cannot_be_changed(
    cluster: Cluster, kind: str, name: str, change: dict[str, str], problem: str
) -> None:
    cluster.apply(document(RIGHT[0], name), document(Case("Exchange", {"driver": "binance"}), name))
    refused = cluster.try_kubectl("patch", kind, name, "--type=merge", "-p", json.dumps({"spec": change}))
    assert problem in refused.stderr
    cluster.kubectl("delete", "symbol,exchange", name)


def test_a_name_that_is_no_label_is_refused(cluster: Cluster) -> None:
    given = json.dumps(document(RIGHT[0], "binance.btcusdt"))
    assert "metadata.name must be 1 to 63" in cluster.try_kubectl("apply", "-f", "-", given=given).stderr


def test_the_list_shows_the_columns_that_people_look_for(cluster: Cluster) -> None:
    cluster.apply(document(RIGHT[0], "shown"), document(Case("Exchange", {"driver": "binance"}), "shown"))
    symbols, exchanges = cluster.kubectl("get", "sym"), cluster.kubectl("get", "exch")
    assert symbols.split()[:9] == ["NAME", "EXCHANGE", "SYMBOL", "READY", "FRESH", "QUALITY", "GAPS", "LAST-BAR", "AGE"]
    assert exchanges.split()[:7] == ["NAME", "DRIVER", "READY", "SYMBOLS", "REPLICAS", "OPEN", "AGE"]
    assert {"symbol.tickloom.dev/shown", "exchange.tickloom.dev/shown"} <= set(
        cluster.kubectl("get", "tickloom", "-o", "name").split()
    )
    cluster.kubectl("delete", "symbol,exchange", "shown")


def test_scaling_an_exchange_sets_its_number_of_collectors(cluster: Cluster) -> None:
    cluster.apply(document(Case("Exchange", {"driver": "binance"}), "scaled"))
    cluster.kubectl("scale", "exchange/scaled", "--replicas=3")
    assert cluster.get("exchange", "scaled")["spec"]["collector"]["replicas"] == 3
    cluster.kubectl("delete", "exchange", "scaled")


def test_kubectl_explains_fields(cluster: Cluster) -> None:
    assert "Lengths of the bars to keep" in cluster.kubectl("explain", "symbol.spec.timeframes")
    assert "<DESCRIPTION>" not in cluster.kubectl("explain", "exchange", "--recursive")
