"""How many collectors an exchange has, what their Deployment says, and when it does not say it any more."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickloom.settings.resources import ExchangeSpec
from tickloom_operator.collectors import deployment, wanted_replicas
from tickloom_operator.drift import says
from tickloom_operator.objects import Key

TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"team": "data"}},
    "spec": {
        "containers": [{"name": "collector", "image": "i", "env": [{"name": "TICKLOOM_EXCHANGE", "value": "no"}]}]
    },
}


def spec(**fields: object) -> ExchangeSpec:
    return ExchangeSpec.model_validate({"driver": "binance", **fields})


def document(**fields: object) -> dict[str, Any]:
    return deployment(Key("ns", "binance"), "uid", spec(**fields), 1, TEMPLATE)


@pytest.mark.parametrize(
    ("scale", "active", "expected"),
    [
        pytest.param({}, 0, 0, id="none for none"),
        pytest.param({"minReplicas": 3}, 0, 0, id="none for none, whatever the least"),
        pytest.param({}, 1, 1, id="one"),
        pytest.param({"symbolsPerCollector": 200}, 201, 2, id="as many as needed"),
        pytest.param({"symbolsPerCollector": 1, "maxReplicas": 4}, 100, 4, id="not more than the most"),
        pytest.param({"minReplicas": 3}, 1, 3, id="not fewer than the least"),
        pytest.param({"replicas": 5, "maxReplicas": 2}, 1, 5, id="fixed"),
        pytest.param({"replicas": 0}, 1, 0, id="fixed at none"),
    ],
)
def test_collectors_follow_the_active_symbols(scale: dict[str, int], active: int, expected: int) -> None:
    assert wanted_replicas(spec(collector=scale), active) == expected


@given(active=st.integers(0, 10_000), most=st.integers(1, 50), share=st.integers(1, 500))
def test_every_active_symbol_has_room_unless_the_most_is_reached(active: int, most: int, share: int) -> None:
    count = wanted_replicas(spec(collector={"symbolsPerCollector": share, "maxReplicas": most}), active)
    assert count * share >= active or count == most
    assert (count - 1) * share < active or active == 0


def test_a_venue_of_one_connection_never_has_two() -> None:
    scale = {"replicas": 4}
    assert wanted_replicas(ExchangeSpec.model_validate({"driver": "alpaca", "collector": scale}), 9) == 1
    assert wanted_replicas(spec(suspend=True), 9) == 0


def test_the_template_is_kept_and_the_exchange_is_put_in() -> None:
    made = document()["spec"]["template"]
    (container,) = made["spec"]["containers"]
    assert container["env"][0] == {"name": "TICKLOOM_EXCHANGE", "value": "binance"}
    assert made["metadata"]["labels"]["team"] == "data"
    assert TEMPLATE["spec"]["containers"][0]["env"] == [{"name": "TICKLOOM_EXCHANGE", "value": "no"}]


def test_the_same_is_applied_with_the_same_digest_and_another_with_another() -> None:
    def digest(made: dict[str, Any]) -> object:
        return made["metadata"]["annotations"]

    assert digest(document()) == digest(document())
    assert digest(document()) != digest(document(credentialsSecretRef={"name": "secret"}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_what_was_applied_says_itself(applied: Any) -> None:
    assert says(copy.deepcopy(applied), applied)


def test_what_others_add_does_not_count_and_what_they_change_does() -> None:
    wanted = {"replicas": 1, "containers": [{"name": "collector", "image": "i"}]}
    added = {"replicas": 1, "paused": False, "containers": [{"name": "sidecar"}, {"name": "collector", "image": "i"}]}
    assert says(added, wanted)
    assert not says({**added, "replicas": 3}, wanted)
    assert not says({"replicas": 1, "containers": [{"name": "collector", "image": "other"}]}, wanted)
    assert not says({"replicas": 1}, wanted)


@pytest.mark.parametrize(
    ("live", "wanted", "same"),
    [
        ("500m", "0.5", True),
        ("1", 1, True),
        ("1Gi", "1024Mi", True),
        ("1G", "1Gi", False),
        ("image:1", "image:1.0", False),
    ],
)
def test_quantities_are_compared_by_what_they_mean(live: object, wanted: object, same: bool) -> None:
    assert says(live, wanted) is same
