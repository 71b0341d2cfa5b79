"""What every route of HTTP does: HEAD, OPTIONS, Allow, compression, other sites, the time an answer may take."""

import asyncio

import pytest

from integration.api.product import Product, minute

PAGE = "https://charts.example.org"


@pytest.mark.parametrize(
    "path", ["symbols", "health", "charts/BTCUSDT", "auth/account", "/", "/livez", "/openapi.json"]
)
async def test_head_is_get_without_its_body(product: Product, path: str) -> None:
    get, head = await product.ask(path), await product.ask(path, method="HEAD")
    assert (head.status, head.data) == (200, b"")
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    assert head.headers["Content-Type"] == get.headers["Content-Type"]


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("symbols", "GET, HEAD, OPTIONS"),
        ("charts/binance:BTCUSDT", "GET, HEAD, OPTIONS"),
        ("alerts", "GET, HEAD, OPTIONS, POST"),
        ("auth/tokens/7", "DELETE, OPTIONS"),
        ("auth/login", "OPTIONS, POST"),
        ("admin/users/vera", "OPTIONS, PATCH"),
    ],
)
async def test_options_and_a_refused_method_name_all_methods_there_are(
    product: Product, path: str, methods: str
) -> None:
    answer = await product.ask(path, method="OPTIONS", token=None)
    assert (answer.status, answer.headers["Allow"]) == (204, methods)
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(methods.split(", ")):
        refused = await product.ask(path, method=method)
        assert (refused.status, refused.headers["Allow"]) == (405, methods)
        assert refused.headers["Content-Type"] == "application/problem+json"


async def test_an_unknown_address_has_no_methods(product: Product) -> None:
    for method in ("GET", "HEAD", "OPTIONS", "POST"):
        assert (await product.ask("nothing/here", method=method)).status == 404


async def test_large_answers_are_compressed_for_those_who_take_it(product: Product) -> None:
    await product.store(minute(i) for i in range(300))
    plain = await product.ask("charts/BTCUSDT", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    packed = await product.ask("charts/BTCUSDT", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert {"Accept", "Accept-Encoding", "Authorization"} <= set(packed.headers["Vary"].split(", "))
    assert packed.data == plain.data
    assert int(packed.headers["Content-Length"]) < len(plain.data) / 4


async def test_a_client_that_has_an_answer_gets_304_whether_it_was_compressed_or_not(product: Product) -> None:
    await product.store(minute(i) for i in range(300))
    for encoding in ("gzip", "identity"):
        tag = (await product.ask("charts/BTCUSDT", headers={"Accept-Encoding": encoding})).headers["ETag"]
        again = await product.ask("charts/BTCUSDT", headers={"If-None-Match": tag})
        assert (again.status, again.data) == (304, b"")


async def test_pages_of_other_sites_are_kept_out_unless_allowed(product: Product) -> None:
    answer = await product.ask("symbols", headers={"Origin": PAGE})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


class TestOtherSites:
    @pytest.fixture
    def api_settings(self) -> dict[str, object]:
        return {"cors_origins": f"{PAGE}, https://other.example.org", "rate_limit": 100}

    async def test_pages_that_are_allowed_may_ask_and_read_the_headers_they_need(self, product: Product) -> None:
        asked = {"Origin": PAGE, "Access-Control-Request-Method": "PATCH",
                 "Access-Control-Request-Headers": "authorization,content-type"}  # fmt: skip
        preflight = await product.ask("admin/users/vera", method="OPTIONS", token=None, headers=asked)
        assert preflight.status == 200
        assert preflight.headers["Access-Control-Allow-Origin"] == PAGE
        assert "PATCH" in preflight.headers["Access-Control-Allow-Methods"]
        answer = await product.ask("symbols", headers={"Origin": PAGE})
        assert answer.headers["Access-Control-Allow-Origin"] == PAGE
        assert "RateLimit-Remaining" in answer.headers["Access-Control-Expose-Headers"]
        assert "Access-Control-Allow-Credentials" not in answer.headers

    async def test_pages_that_are_not_allowed_may_not(self, product: Product) -> None:
        asked = {"Origin": "https://evil.example.org", "Access-Control-Request-Method": "GET"}
        assert (await product.ask("symbols", method="OPTIONS", token=None, headers=asked)).status == 400
        answer = await product.ask("symbols", headers={"Origin": "https://evil.example.org"})
        assert "Access-Control-Allow-Origin" not in answer.headers


class TestHalfASecond:
    @pytest.fixture
    def api_settings(self) -> dict[str, object]:
        return {"request_seconds": 0.5}

    async def test_an_answer_that_takes_too_long_is_given_up_and_its_connection_is_free_again(
        self, product: Product
    ) -> None:
        async with product.connection.transaction():
            await product.connection.execute("LOCK TABLE users, alerts, audit_log")
            answers = await asyncio.gather(*(product.ask("alerts") for _ in range(12)))
        assert {answer.status for answer in answers} == {503}
        assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}
        assert (await product.until("alerts", 200)).body["alerts"] == []
