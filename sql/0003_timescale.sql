-- Hypertables where the server has TimescaleDB (either edition); plain PostgreSQL keeps ordinary tables.
-- A hypertable cannot be the target of a foreign key with these options in every release, so only plain columns
-- are partitioned. Chunks of 30 days hold about 43,000 minutes a symbol.

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') THEN
        CREATE EXTENSION IF NOT EXISTS timescaledb;
        PERFORM create_hypertable('candles', 'time', chunk_time_interval => interval '30 days');
        PERFORM create_hypertable('candle_revisions', 'time', chunk_time_interval => interval '30 days');
    END IF;
END $$;
