"""Ports and probes of the children, with nothing but sockets: the supervisor stays small."""

import asyncio
import json
import socket
from contextlib import closing
from typing import Any, Final

from tickloom.local.errors import LocalError, PortTaken

_ANSWER_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.03
_MAXIMUM_BYTES: Final = 1024 * 1024


def refuse_taken_port(host: str, port: int) -> None:
    """Raise PortTaken when something listens on the port already, LocalError when the address cannot be used."""
    if port == 0:
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise LocalError(f"port {port} needs more rights than we have: give another by --port") from error
        except OSError as error:
            raise PortTaken(f"port {port} of {host} is taken: give another by --port, or 0 for any free one") from error


def free_port(host: str) -> int:
    """Return a port that nothing listens on now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


async def request(
    host: str, port: int, path: str, *, body: object = None, method: str = "GET"
) -> tuple[int, dict[str, Any]]:
    """Ask a child over HTTP; return the status and the JSON object of the answer ({} where it is none).

    Raises OSError, and TimeoutError after five seconds.
    """
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.0\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
    async with asyncio.timeout(_ANSWER_SECONDS):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
            answer = await reader.read(_MAXIMUM_BYTES)
            while more := await reader.read(_MAXIMUM_BYTES):
                answer += more
        finally:
            writer.close()
    return _parse(answer)


def _parse(answer: bytes) -> tuple[int, dict[str, Any]]:
    head, _, content = answer.partition(b"\r\n\r\n")
    try:
        status = int(head.split(b" ", 2)[1])
    except (IndexError, ValueError) as error:
        raise ConnectionError("the answer is not HTTP") from error
    try:
        value = json.loads(content)
    except ValueError:
        value = {}
    return status, value if isinstance(value, dict) else {}


async def wait_until_ready(what: str, host: str, port: int, seconds: float) -> None:
    """Return once `/readyz` answers 200; raises LocalError with the last refusal after `seconds`."""
    refusal = "it does not answer"
    try:
        async with asyncio.timeout(seconds):
            while True:
                try:
                    status, answer = await request(host, port, "/readyz")
                    if status == 200:  # noqa: PLR2004
                        return
                    refusal = str(answer.get("status", status))
                except OSError as error:
                    refusal = str(error)
                await asyncio.sleep(_PAUSE_SECONDS)
    except TimeoutError as error:
        raise LocalError(f"the {what} is not ready after {seconds:.0f} s: {refusal}") from error
