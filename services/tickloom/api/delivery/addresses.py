"""Which addresses may be connected to on behalf of a user: public ones, and networks that the operator allows.

Users name the URLs, so the server could be made to ask its own neighbours (server-side request forgery). Names are no
help against that, as they can change between a check and the use: the address is checked when the socket is made.
"""

import errno
import ipaddress
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeAlias

from tickloom.api.limits.addresses import Network

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
_TRANSLATED_LOCALLY: Final = ipaddress.IPv6Network("64:ff9b:1::/48")


class RefusedAddress(PermissionError):
    """An address is not public, and in no network that is allowed."""


def _embedded(address: Address) -> Iterator[Address]:
    """Yield an address, and those that it leads to by translation or a tunnel."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            yield address.ipv4_mapped
        if address.sixtofour:
            yield address.sixtofour
        if address.teredo:
            yield from address.teredo
        if address in _TRANSLATED:
            yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return True  # what it is mapped to decides
    return address.is_global and not address.is_multicast and address not in _TRANSLATED_LOCALLY


def may_connect(text: str, allowed: Iterable[Network]) -> bool:
    """Tell whether an address (with or without a zone) may be connected to."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if any(found in network for found in _embedded(address) for network in allowed):
        return True
    return all(_is_public(found) for found in _embedded(address))


def socket_factory(allowed: Iterable[Network]) -> Callable[[Any], socket.socket]:
    """Return what makes sockets for aiohttp: it raises RefusedAddress instead, where the address is not allowed."""
    networks = tuple(allowed)

    def make(info: Any) -> socket.socket:
        family, kind, protocol, _, place = info
        if not may_connect(str(place[0]), networks):
            raise RefusedAddress(errno.EACCES, "the address is not public")
        return socket.socket(family, kind, protocol)

    return make
