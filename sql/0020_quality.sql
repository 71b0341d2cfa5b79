-- Quality: trades that failed a check, the score of each symbol over time, and the trades of venues that amend theirs.

CREATE TABLE quarantined_trades (
    quarantine_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    symbol_no integer NOT NULL REFERENCES symbols (symbol_no),
    trade_id bigint NOT NULL,
    exchange_us bigint NOT NULL,
    received_us bigint NOT NULL,
    price double precision NOT NULL,
    size double precision NOT NULL,
    flags bigint NOT NULL,
    reason text NOT NULL CHECK (reason IN ('price', 'freshness', 'validity', 'volume')),
    measured double precision NOT NULL,
    reference double precision NOT NULL,
    z_score double precision,
    state text NOT NULL DEFAULT 'quarantined'
        CHECK (state IN ('quarantined', 'flagged', 'release_requested', 'released', 'discarded')),
    quarantined_at timestamptz NOT NULL DEFAULT now(),
    decided_at timestamptz,
    decided_by text
);
COMMENT ON TABLE quarantined_trades IS 'Trades that failed a check: kept out of the bars, or flagged and let in';
COMMENT ON COLUMN quarantined_trades.exchange_us IS 'Exchange time in microseconds since 1970, as received: it may be what is wrong';
COMMENT ON COLUMN quarantined_trades.measured IS
    'price: change in percent; freshness: age in seconds; volume: multiple of the average size; validity: 0';
COMMENT ON COLUMN quarantined_trades.reference IS
    'price: last accepted price; freshness: the feed''s time in microseconds; volume: average size; validity: 0';
CREATE INDEX quarantined_trades_by_symbol ON quarantined_trades (symbol_no, quarantine_no DESC);
CREATE INDEX quarantined_trades_requested ON quarantined_trades (symbol_no) WHERE state = 'release_requested';

CREATE FUNCTION notify_quarantine() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('quarantine', '');
    RETURN NULL;
END $$;
CREATE TRIGGER release_requested AFTER UPDATE OF decided_by ON quarantined_trades
    FOR EACH STATEMENT EXECUTE FUNCTION notify_quarantine();

CREATE TABLE data_quality_metrics (
    symbol_no integer NOT NULL REFERENCES symbols (symbol_no),
    time timestamptz NOT NULL,
    checked bigint NOT NULL,
    failed_price bigint NOT NULL,
    failed_freshness bigint NOT NULL,
    failed_validity bigint NOT NULL,
    failed_volume bigint NOT NULL,
    score double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
    PRIMARY KEY (symbol_no, time)
);
COMMENT ON TABLE data_quality_metrics IS 'What the checks found in each minute; score is 1 where nothing was wrong';

CREATE TABLE trade_journal (
    symbol_no integer NOT NULL,
    time timestamptz NOT NULL,
    trade_id bigint NOT NULL,
    arrival bigint GENERATED ALWAYS AS IDENTITY,
    price double precision NOT NULL,
    size double precision NOT NULL,
    flags bigint NOT NULL,
    known_from timestamptz NOT NULL DEFAULT now(),
    known_to timestamptz,
    PRIMARY KEY (symbol_no, time, trade_id)
);
COMMENT ON TABLE trade_journal IS
    'Trades of venues that correct and cancel theirs: a bar that loses a trade is built again from these. known_to: cancelled';
CREATE INDEX trade_journal_by_id ON trade_journal (symbol_no, trade_id);

CREATE TABLE processor_leases (
    pid integer PRIMARY KEY,
    instance text NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE processor_leases IS
    'When each processor last said that it runs; pid is that of the database session which commits for it';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable('data_quality_metrics', 'time', chunk_time_interval => interval '30 days');
        PERFORM create_hypertable('trade_journal', 'time', chunk_time_interval => interval '7 days');
    END IF;
END $$;
