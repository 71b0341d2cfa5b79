"""What tests do to get in: make users, log in, make API tokens."""

from typing import Any

from integration.api.product import Answer, Product
from tickloom.api.accounts.passwords import Passwords
from tickloom.store import users
from tickloom.store.audit import Actor

PASSWORD = "correct horse battery"  # noqa: S105 - of the tests' own users
SOMEBODY = Actor("test")


async def post(product: Product, route: str, body: Any, **more: Any) -> Answer:
    """Send JSON to a route of /auth, without a token unless one is given."""
    return await product.ask(f"auth/{route}", method="POST", token=more.pop("token", None), json=body, **more)


async def log_in(product: Product, name: str, password: str = PASSWORD, **more: Any) -> Answer:
    return await post(product, "login", {"username": name, "password": password}, **more)


async def add_user(product: Product, name: str, role: str = "viewer") -> None:
    await users.create_user(product.connection, SOMEBODY, name, role, await Passwords().hash(PASSWORD))


async def make_token(product: Product, user: str, role: str, scopes: list[str], **more: Any) -> dict[str, Any]:
    """Make an API token for a user whom the product has; returns it with its secret."""
    wanted = {"name": "a test", "scopes": scopes, **more}
    answer = await post(product, "tokens", wanted, token=product.token(user, role))
    assert answer.status == 201, answer
    body: dict[str, Any] = answer.body
    return body
