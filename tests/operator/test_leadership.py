"""Of two replicas one acts, another follows when it dies, stalls or ends, and an API server may restart."""

import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus

import pytest

from support.kubernetes import Cluster
from support.operating import Place, Replica, eventually, exchange, symbol
from support.operating import place as make_place
from support.servers import Databases


@pytest.fixture
def place(
    cluster: Cluster, databases: Databases, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Place]:
    name = f"test-{abs(hash(request.node.name)) % 10**8}-{datetime.now(UTC):%H%M%S}"
    with databases.fresh() as url, make_place(cluster, name, url, tmp_path_factory.mktemp("leading")) as made:
        yield made


def holder(place: Place) -> str:
    found = place.cluster.try_kubectl(
        "-n", place.namespace, "get", "lease", "tickloom-operator", "-o", "jsonpath={.spec.holderIdentity}"
    )
    return found.stdout


def leads(place: Place, identity: str) -> None:
    assert holder(place) == identity


def collected(place: Place, name: str) -> None:
    assert place.condition("symbol", name)[1] == "CollectorReady"


def answer(replica: Replica, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{replica.port}{path}", timeout=5) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        raise AssertionError(str(error)) from error


def two(place: Place) -> tuple[Replica, Replica]:
    first = place.start()
    eventually(lambda: leads(place, "replica-0"))
    return first, place.start()


def test_a_killed_leader_is_followed_by_the_other_replica(place: Place) -> None:
    first, second = two(place)
    place.apply(exchange("one"), symbol("one", "BTCUSDT"))
    eventually(lambda: collected(place, "one-btcusdt"))
    first.stop(signal.SIGKILL)
    place.apply(symbol("one", "ETHUSDT"))
    eventually(lambda: collected(place, "one-ethusdt"))
    assert holder(place) == "replica-1"
    assert place.replicas("one") == 1
    assert second.process.poll() is None


def test_a_leader_that_ends_in_order_gives_the_lease_back(place: Place) -> None:
    first, _ = two(place)
    assert first.stop() == 0
    eventually(lambda: leads(place, "replica-1"))
    lease = place.get("lease", "tickloom-operator")
    assert lease["spec"]["leaseTransitions"] == 1


def test_a_leader_that_stalled_ends_instead_of_acting_beside_the_next_one(place: Place) -> None:
    first, _ = two(place)
    first.process.send_signal(signal.SIGSTOP)
    place.apply(exchange("one"), symbol("one", "BTCUSDT"))
    eventually(lambda: collected(place, "one-btcusdt"))
    assert holder(place) == "replica-1"
    first.process.send_signal(signal.SIGCONT)
    assert first.process.wait(30) == 1
    assert any("was not renewed in time" in line.get("problem", "") for line in first.said())


def test_an_api_server_that_restarts_is_watched_again_and_no_collector_is_doubled(
    place: Place, cluster: Cluster
) -> None:
    replica = place.start(lease_seconds="60")
    place.apply(exchange("one"), symbol("one", "BTCUSDT"))
    eventually(lambda: collected(place, "one-btcusdt"))
    before = place.get("deployment", "tickloom-collector-one")["metadata"]
    cluster.do("kill", "node1-apiserver")
    cluster.do("start", "node1-apiserver")

    def answers() -> None:
        assert cluster.try_kubectl("get", "--raw=/readyz").returncode == 0

    eventually(answers)
    place.apply(symbol("one", "ETHUSDT"))
    eventually(lambda: collected(place, "one-ethusdt"))
    after = place.get("deployment", "tickloom-collector-one")["metadata"]
    assert (after["uid"], after["generation"]) == (before["uid"], before["generation"])
    assert len(place.get("deployments")["items"]) == 1
    assert replica.process.poll() is None
    assert answer(replica, "/livez")[0] == HTTPStatus.OK


def test_probes_and_metrics_tell_how_a_replica_is(place: Place) -> None:
    leader, standby = two(place)

    def both_answer() -> None:
        for replica in (leader, standby):
            assert answer(replica, "/livez")[0] == answer(replica, "/readyz")[0] == HTTPStatus.OK

    eventually(both_answer)
    place.apply(exchange("one"), symbol("one", "BTCUSDT"))
    eventually(lambda: collected(place, "one-btcusdt"))
    told = answer(leader, "/metrics")[1]
    assert "tickloom_operator_is_leader 1.0" in told
    assert 'tickloom_operator_reconciles_total{result="done"}' in told
    assert 'tickloom_operator_status_writes_total{kind="Symbol"}' in told
    assert "tickloom_operator_is_leader 0.0" in answer(standby, "/metrics")[1]
