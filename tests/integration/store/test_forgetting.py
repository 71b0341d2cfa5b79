"""What accounts leave behind goes when its time is over, and no day earlier."""

from datetime import UTC, datetime, timedelta

from tickloom.store.connection import connect
from tickloom.store.forgetting import AUDIT_KEPT, SESSIONS_KEPT, forget_old
from tickloom.store.login_links import create_login_link

DAY = timedelta(days=1)


async def test_only_what_is_too_old_is_forgotten(postgres_url: str) -> None:
    connection, now = await connect(postgres_url, "test"), datetime.now(UTC)
    try:
        await create_login_link(connection, user="ada", role="admin", seconds=60)
        for age in (AUDIT_KEPT - DAY, AUDIT_KEPT + DAY):
            await connection.execute(
                "INSERT INTO audit_log (at, actor, action, subject) VALUES ($1, 'a', 'b', 'c')", now - age
            )
        for age in (SESSIONS_KEPT - DAY, SESSIONS_KEPT + DAY):
            await connection.execute(
                "INSERT INTO refresh_tokens (token_hash, user_no, family, expires_at)"
                " SELECT sha256($1::text::bytea), user_no, gen_random_uuid(), $2 FROM users",
                str(age),
                now - age,
            )
        await connection.execute("INSERT INTO login_failures VALUES ('old', 1, $1), ('new', 1, $2)", now - DAY, now)
        assert await forget_old(connection, now) == 3
        assert await forget_old(connection, now) == 0
        counts = [
            await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
            for table in ("audit_log", "refresh_tokens", "login_links", "login_failures")
        ]
        assert counts == [2, 1, 1, 1]
    finally:
        await connection.close()
