-- Catalog, bars, gaps and stream offsets: the tables that the line from exchange to chart needs.
-- Times of market data are timestamptz in UTC; symbol_no and timeframe (in minutes) keep the large keys small.

CREATE TYPE verdict AS ENUM ('complete', 'healed', 'revised', 'partial', 'suspect', 'feed_down');
CREATE TYPE gap_state AS ENUM ('open', 'healed', 'unhealable');

CREATE TABLE exchanges (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    driver text NOT NULL CHECK (driver IN ('binance', 'alpaca', 'yahoo', 'ccxt')),
    partitions integer NOT NULL DEFAULT 4 CHECK (partitions BETWEEN 1 AND 1024),
    simulated boolean NOT NULL DEFAULT false,
    suspended boolean NOT NULL DEFAULT false,
    spec jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN exchanges.partitions IS 'Streams trades:{exchange}:0..n-1; fixed when the exchange is created';

CREATE TABLE symbols (
    symbol_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    exchange text NOT NULL REFERENCES exchanges (name) ON UPDATE RESTRICT ON DELETE RESTRICT,
    symbol text NOT NULL CHECK (length(symbol) BETWEEN 1 AND 64),
    name text UNIQUE,
    partition integer NOT NULL,
    price_step double precision CHECK (price_step > 0),
    size_step double precision CHECK (size_step > 0),
    suspended boolean NOT NULL DEFAULT false,
    deleted boolean NOT NULL DEFAULT false,
    spec jsonb NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (exchange, symbol)
);

COMMENT ON COLUMN symbols.name IS 'metadata.name of the Symbol resource that holds this row; free again once it is deleted';

CREATE FUNCTION notify_catalog() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('catalog', TG_TABLE_NAME);
    RETURN NULL;
END $$;
CREATE TRIGGER exchanges_changed AFTER INSERT OR UPDATE OR DELETE ON exchanges
    FOR EACH STATEMENT EXECUTE FUNCTION notify_catalog();
CREATE TRIGGER symbols_changed AFTER INSERT OR UPDATE OR DELETE ON symbols
    FOR EACH STATEMENT EXECUTE FUNCTION notify_catalog();

CREATE TABLE candles (
    symbol_no integer NOT NULL REFERENCES symbols (symbol_no),
    timeframe smallint NOT NULL,
    time timestamptz NOT NULL,
    open double precision,
    high double precision,
    low double precision,
    close double precision,
    volume double precision NOT NULL,
    quote_volume double precision NOT NULL,
    buy_volume double precision NOT NULL,
    trades bigint NOT NULL,
    first_trade_id bigint,
    last_trade_id bigint,
    verdict verdict NOT NULL,
    revision integer NOT NULL DEFAULT 0,
    known_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (symbol_no, timeframe, time)
);
COMMENT ON COLUMN candles.timeframe IS 'Length of the bar in minutes: 1, 5, 15, 60, 240 or 1440';

CREATE TABLE candle_revisions (
    symbol_no integer NOT NULL,
    timeframe smallint NOT NULL,
    time timestamptz NOT NULL,
    revision integer NOT NULL,
    open double precision,
    high double precision,
    low double precision,
    close double precision,
    volume double precision NOT NULL,
    quote_volume double precision NOT NULL,
    buy_volume double precision NOT NULL,
    trades bigint NOT NULL,
    first_trade_id bigint,
    last_trade_id bigint,
    verdict verdict NOT NULL,
    known_from timestamptz NOT NULL,
    known_to timestamptz NOT NULL,
    PRIMARY KEY (symbol_no, timeframe, time, revision)
);
COMMENT ON TABLE candle_revisions IS 'What a bar said before it was revised, and from when to when that was known';

CREATE TABLE gaps (
    symbol_no integer NOT NULL REFERENCES symbols (symbol_no),
    gap_no bigint NOT NULL,
    state gap_state NOT NULL,
    reason text NOT NULL,
    first_trade_id bigint,
    last_trade_id bigint,
    from_time timestamptz NOT NULL,
    to_time timestamptz,
    missing bigint NOT NULL,
    healed bigint NOT NULL DEFAULT 0,
    detected_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    PRIMARY KEY (symbol_no, gap_no)
);
COMMENT ON COLUMN gaps.missing IS 'Trades that were absent when the gap was found; healed counts those that came since';
CREATE INDEX gaps_open ON gaps (symbol_no) WHERE state = 'open';

CREATE TABLE stream_offsets (
    stream text PRIMARY KEY,
    entry_id text NOT NULL,
    checkpoint bytea NOT NULL,
    symbol_nos integer[] NOT NULL DEFAULT '{}',
    last_trade_ids bigint[] NOT NULL DEFAULT '{}',
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN stream_offsets.last_trade_ids IS
    'Highest trade id known of each symbol in symbol_nos: where a collector that starts goes on';
COMMENT ON COLUMN stream_offsets.checkpoint IS
    'State of the processor after this entry, written with the bars it closed: a restart goes on from exactly here';
