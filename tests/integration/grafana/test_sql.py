"""The SQL of the dashboards on the real schema."""

import pytest

from support.monitoring import Query, sql_queries
from tickloom.store.connection import connect


@pytest.mark.parametrize("query", sql_queries(), ids=lambda query: query.where)
async def test_a_panel_reads_the_tables_as_they_are(postgres_url: str, query: Query) -> None:
    connection = await connect(postgres_url, "dashboards")
    try:
        async with connection.transaction(readonly=True):
            statement = await connection.prepare(query.text)
            await statement.fetch()
            columns = [attribute.name for attribute in statement.get_attributes()]
    finally:
        await connection.close()
    assert len(set(columns)) == len(columns)
