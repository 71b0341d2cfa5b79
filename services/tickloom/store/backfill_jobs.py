"""Backfills and how far each has come: the checkpoint moves in the transaction that stores what lies before it."""

from typing import NamedTuple

from tickloom.store.connection import Connection, translate_errors

_TIME = "timestamptz 'epoch' + {} * interval '1 microsecond'"


class JobKey(NamedTuple):
    """What is fetched: one symbol's minutes that begin in [from_us, to_us), from candles or from trades."""

    symbol_no: int
    source: str
    from_us: int
    to_us: int


class Progress(NamedTuple):
    """All before `done_us` is stored, which were so many bars of all timeframes."""

    done_us: int
    bars: int


async def begin_job(connection: Connection, key: JobKey) -> Progress:
    """Enter a job, or go on with one that was begun before. Raises StoreUnavailable."""
    async with translate_errors("beginning a backfill"):
        row = await connection.fetchrow(
            f"""
            INSERT INTO backfill_jobs AS j (symbol_no, source, from_time, to_time, done_to)
            VALUES ($1, $2, {_TIME.format("$3::bigint")}, {_TIME.format("$4::bigint")}, {_TIME.format("$3::bigint")})
            ON CONFLICT (symbol_no, source, from_time, to_time) DO UPDATE
            SET state = 'running', problem = NULL, updated_at = now()
            RETURNING (extract(epoch FROM done_to) * 1000000)::bigint AS done_us, bars
            """,  # noqa: S608 - built from constants only
            *key,
        )
    assert row is not None  # noqa: S101 - the statement returns the row it wrote
    return Progress(row["done_us"], row["bars"])


async def move_checkpoint(connection: Connection, key: JobKey, progress: Progress) -> None:
    """Note how far a job has come, inside the transaction that stores the bars."""
    await connection.execute(
        f"""
        UPDATE backfill_jobs SET done_to = {_TIME.format("$5::bigint")}, bars = $6, updated_at = now()
        WHERE symbol_no = $1 AND source = $2 AND from_time = {_TIME.format("$3::bigint")}
            AND to_time = {_TIME.format("$4::bigint")}
        """,  # noqa: S608 - built from constants only
        *key,
        *progress,
    )


async def end_job(connection: Connection, key: JobKey, state: str, problem: str | None = None) -> None:
    """Note how a job ended: `done`, `interrupted` or `failed`. Raises StoreUnavailable."""
    async with translate_errors("ending a backfill"):
        await connection.execute(
            f"""
            UPDATE backfill_jobs SET state = $5, problem = $6, updated_at = now()
            WHERE symbol_no = $1 AND source = $2 AND from_time = {_TIME.format("$3::bigint")}
                AND to_time = {_TIME.format("$4::bigint")}
            """,  # noqa: S608 - built from constants only
            *key,
            state,
            problem,
        )
