-- ML features of each closed bar, and what they were before a revision, so that training sees what was known.

CREATE TABLE ml_features (
    symbol_no integer NOT NULL,
    timeframe smallint NOT NULL,
    time timestamptz NOT NULL,
    definition smallint NOT NULL,
    values double precision[] NOT NULL,
    known_from timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (symbol_no, timeframe, time)
);
COMMENT ON COLUMN ml_features.values IS 'In the order of series_definitions.names; null where a feature cannot be known';

CREATE TABLE ml_feature_revisions (
    symbol_no integer NOT NULL,
    timeframe smallint NOT NULL,
    time timestamptz NOT NULL,
    definition smallint NOT NULL,
    values double precision[] NOT NULL,
    known_from timestamptz NOT NULL,
    known_to timestamptz NOT NULL,
    PRIMARY KEY (symbol_no, timeframe, time, known_from)
);

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable('ml_features', 'time', chunk_time_interval => interval '30 days');
        PERFORM create_hypertable('ml_feature_revisions', 'time', chunk_time_interval => interval '30 days');
    END IF;
END $$;
