"""The address of a client: that of the connection, or what a trusted proxy says of it."""

import ipaddress
from collections.abc import Iterable
from typing import Final, TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_PREFIX_V6: Final = 64


def parse_networks(text: str) -> list[Network]:
    """Read networks separated by commas; raises ValueError naming the wrong one."""
    return [ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()]


def client_address(peer: str, forwarded: Iterable[str], trusted: list[Network]) -> str:
    """Return who asks. Of `X-Forwarded-For` the last entry that no trusted proxy made counts: earlier ones can be lies.

    Of an IPv6 address the network counts, because a single client has 2^64 of them.
    """
    chain = [part.strip() for header in forwarded for part in header.split(",")]
    address = peer
    while chain and _is_trusted(address, trusted):
        address = chain.pop()
    return _subject(address) or _subject(peer) or "unknown"


def _is_trusted(address: str, trusted: list[Network]) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def _subject(address: str) -> str | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _PREFIX_V6), strict=False))
    return str(parsed)
