"""Whose address counts, whatever a client says of itself."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickloom.api.limits.addresses import client_address, parse_networks

TRUSTED = parse_networks("10.0.0.0/8, 2001:db8:ffff::/48")
addresses = st.ip_addresses().map(str)


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("198.51.100.7", [], "198.51.100.7"),
        ("198.51.100.7", ["1.1.1.1"], "198.51.100.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.1.1.1, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("10.0.0.1", ["::ffff:198.51.100.7"], "198.51.100.7"),
        ("", [], "unknown"),
    ],
)
def test_the_last_address_that_no_trusted_proxy_made_up_counts(peer: str, forwarded: list[str], expected: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == expected


@given(addresses, st.lists(st.text() | addresses))
def test_a_client_that_comes_directly_cannot_choose_its_address(peer: str, forwarded: list[str]) -> None:
    if not any(ipaddress.ip_address(peer) in network for network in TRUSTED):
        assert client_address(peer, forwarded, TRUSTED) == client_address(peer, [], TRUSTED)


@given(st.lists(st.text() | addresses), addresses)
def test_what_stands_before_the_entry_of_our_proxy_changes_nothing(lies: list[str], client: str) -> None:
    if not any(ipaddress.ip_address(client) in network for network in TRUSTED):
        truth = client_address("10.0.0.1", [client], TRUSTED)
        assert client_address("10.0.0.1", [*lies, client], TRUSTED) == truth
