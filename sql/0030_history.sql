-- History: what the exchange's own candles say differently, how far they were compared, and how far history was fetched.

CREATE TABLE reconciliations (
    symbol_no integer NOT NULL REFERENCES symbols (symbol_no),
    timeframe smallint NOT NULL,
    time timestamptz NOT NULL,
    field text NOT NULL CHECK (field IN
        ('bar', 'open', 'high', 'low', 'close', 'volume', 'quote_volume', 'buy_volume', 'trades')),
    ours double precision,
    theirs double precision,
    verdict verdict,
    revision integer,
    found_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    PRIMARY KEY (symbol_no, timeframe, time, field)
);
COMMENT ON TABLE reconciliations IS 'Every value of a closed bar that differs from the exchange''s own candle';
COMMENT ON COLUMN reconciliations.field IS 'bar: one of both has no such bar; its close stands for the other';
COMMENT ON COLUMN reconciliations.resolved_at IS 'When a later comparison of a revised bar found both equal; null while they differ';
CREATE INDEX reconciliations_open ON reconciliations (symbol_no, time DESC) WHERE resolved_at IS NULL;

CREATE TABLE reconciliation_progress (
    symbol_no integer PRIMARY KEY REFERENCES symbols (symbol_no),
    compared_to timestamptz NOT NULL,
    compared bigint NOT NULL DEFAULT 0,
    mismatched bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE reconciliation_progress IS 'How far the continuous comparison of each symbol''s minutes has come';

CREATE TABLE backfill_jobs (
    symbol_no integer NOT NULL REFERENCES symbols (symbol_no),
    source text NOT NULL CHECK (source IN ('candles', 'trades')),
    from_time timestamptz NOT NULL,
    to_time timestamptz NOT NULL CHECK (to_time > from_time),
    done_to timestamptz NOT NULL,
    bars bigint NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'interrupted', 'failed', 'done')),
    problem text,
    started_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (symbol_no, source, from_time, to_time)
);
COMMENT ON COLUMN backfill_jobs.done_to IS 'Checkpoint: all before it is stored, in the transaction that moved it';
