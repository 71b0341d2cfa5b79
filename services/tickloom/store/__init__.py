"""PostgreSQL: all SQL of the product lives here, one module for each family of tables.

No decision about market data is taken here: callers hand over finished rows.
"""
