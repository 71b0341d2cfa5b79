"""Limits: how often, how much, how long, how many at a time; and what still works when Redis is away."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import aiohttp
import pytest

from integration.api.entering import make_token
from integration.api.product import SECONDS, Product, closed_with, receive
from tickloom.api.limits import connections
from tickloom.api.limits.bodies import Bodies

ROUTES = ["symbols", "charts/BTCUSDT", "alerts", "admin/users", "auth/account", "nothing/here"]


class TestFiveInAnHour:
    @pytest.fixture
    def api_settings(self) -> dict[str, object]:
        return {"rate_limit": 5, "rate_limit_seconds": 3600.0}

    async def test_every_answer_tells_what_is_left_and_the_sixth_when_to_come_back(self, product: Product) -> None:
        answers = [await product.ask(path) for path in ROUTES]
        assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0"]
        assert {answer.headers["RateLimit-Limit"] for answer in answers} == {"5"}
        refused = answers[-1]
        assert (refused.status, refused.headers["Content-Type"]) == (429, "application/problem+json")
        assert 600 < int(refused.headers["Retry-After"]) <= 720
        assert 2800 < int(refused.headers["RateLimit-Reset"]) <= 3600
        text = (await product.ask("/metrics", token=None)).data.decode()
        assert 'tickloom_rate_limit_exceeded_total{limit="requests"} ' in text

    async def test_health_and_the_page_are_free(self, product: Product) -> None:
        for _ in range(8):
            for path in ("health", "/livez", "/readyz", "/", "/openapi.json"):
                answer = await product.ask(path, token=None)
                assert answer.status == 200
                assert "RateLimit-Limit" not in answer.headers

    async def test_users_do_not_share_a_bucket_and_a_users_tokens_do(self, product: Product) -> None:
        secret = (await make_token(product, "vera", "viewer", ["read"]))["token"]
        for _ in range(4):
            assert (await product.ask("symbols", token=secret)).status == 200
        assert (await product.ask("symbols")).status == 429
        assert (await product.ask("symbols", token=product.token("tom", "trader"))).status == 200

    async def test_whoever_has_no_valid_token_is_counted_by_address_and_cannot_empty_the_bucket_of_a_user(
        self, product: Product
    ) -> None:
        tokens = [None, "nonsense", "tkl_unknown", None, "a.b.c", None]
        statuses = [(await product.ask("symbols", token=token)).status for token in tokens]
        assert statuses == [401] * 5 + [429]
        lie = {"X-Forwarded-For": "198.51.100.7"}
        assert (await product.ask("symbols", token=None, headers=lie)).status == 429
        assert (await product.ask("symbols")).status == 200

    async def test_many_at_a_time_get_no_more_than_there_are(self, product: Product) -> None:
        answers = await asyncio.gather(*(product.ask("symbols") for _ in range(40)))
        assert sorted(answer.status for answer in answers) == [200] * 5 + [429] * 35

    async def test_while_redis_is_away_the_process_counts_by_itself(self, product: Product) -> None:
        product.redis_line.cut()
        statuses = [(await product.ask("symbols")).status for _ in range(6)]
        assert statuses == [200] * 5 + [429]

    async def test_a_bucket_in_redis_goes_away_by_itself(self, product: Product) -> None:
        await product.ask("symbols")
        assert 0 < await product.redis.pttl("ratelimit:user:vera") <= 3_601_000

    async def test_sockets_are_not_counted_as_requests(self, product: Product) -> None:
        for _ in range(8):
            async with product.connect() as line:
                await receive(line, "initial")


class TestBodies:
    @pytest.fixture
    def api_settings(self) -> dict[str, object]:
        return {"request_maximum_bytes": 2048}

    async def test_a_body_that_is_too_large_is_refused_whether_or_not_it_says_so(self, product: Product) -> None:
        body = {"refresh_token": "x" * 5000}
        answer = await product.ask("auth/refresh", method="POST", token=None, json=body)
        assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(50):
                yield b'{"refresh_token": "' + b"x" * 1000

        headers = {"Content-Type": "application/json"}
        answer = await product.ask("auth/refresh", method="POST", token=None, data=pieces(), headers=headers)
        assert (answer.status, answer.headers["Content-Type"]) == (413, "application/problem+json")

    async def test_a_body_of_the_allowed_size_is_read(self, product: Product) -> None:
        body = {"refresh_token": "x" * 200}
        assert (await product.ask("auth/refresh", method="POST", token=None, json=body)).status == 401


async def raw(product: Product, sent: bytes) -> bytes:
    """Send bytes and return all that comes back until the server ends the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", product.settings.port)
    writer.write(sent)
    await writer.drain()
    try:
        async with asyncio.timeout(SECONDS):
            return await reader.read()
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_headers_without_end_are_refused(product: Product) -> None:
    with contextlib.suppress(ConnectionError):
        answer = await raw(product, b"GET / HTTP/1.1\r\n" + b"a: " + b"x" * 20_000 * 10)
        assert answer == b"" or b" 431 " in answer.split(b"\r\n")[0]
    assert (await product.ask("symbols")).status == 200


@pytest.mark.parametrize("sent", [b"", b"GET /api/v1/symbols HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_connection_that_never_asks_ends_and_others_do_not_notice(
    product: Product, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.3)
    with contextlib.suppress(ConnectionError):
        assert await raw(product, sent) == b""
    assert (await product.ask("symbols")).status == 200


async def test_a_client_that_never_reads_its_answer_is_let_go(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "STUCK_SECONDS", 0.3)
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.setblocking(False)
        await loop.sock_connect(client, ("127.0.0.1", product.settings.port))
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(SECONDS):
                while True:
                    await loop.sock_sendall(client, b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (await product.ask("symbols")).status == 200


async def test_a_body_that_does_not_arrive_is_not_waited_for(product: Product, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bodies.__init__, "__defaults__", (0.3,))
    head = b"POST /api/v1/auth/refresh HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    answer = await raw(product, head + b"Content-Length: 500\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer


class TestPlaces:
    @pytest.fixture
    def api_settings(self) -> dict[str, object]:
        return {"sockets_per_user": 2}

    async def test_a_user_has_so_many_sockets_and_gets_a_place_back(self, product: Product) -> None:
        async with product.connect() as first, product.connect() as second:
            await receive(first, "initial")
            await receive(second, "initial")
            async with product.connect() as third:
                assert await closed_with(third) == 4029
            async with product.connect(token=product.token("tom", "trader")) as other:
                await receive(other, "initial")
        async with asyncio.timeout(SECONDS):
            while True:
                async with product.connect() as again:
                    message = await again.receive()
                    if message.type is aiohttp.WSMsgType.TEXT:
                        break


async def test_redis_that_takes_no_writes_stops_no_request(product: Product) -> None:
    await product.redis.config_set("maxmemory", "1")
    try:
        assert (await product.ask("symbols")).status == 200
    finally:
        await product.redis.config_set("maxmemory", "0")
