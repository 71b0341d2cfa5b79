-- Indicators of each closed bar, what they were before a revision, and the states from which they are carried on.
-- Values are an array, because a release may add an indicator: `series_definitions` names the places of each array.

CREATE TABLE series_definitions (
    definition smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('indicators', 'features')),
    version text NOT NULL,
    hash text NOT NULL,
    names text[] NOT NULL,
    UNIQUE (kind, version, hash, names)
);
COMMENT ON COLUMN series_definitions.hash IS 'Digest of what the values mean: equal digests, equal meaning';

CREATE TABLE indicators (
    symbol_no integer NOT NULL,
    timeframe smallint NOT NULL,
    time timestamptz NOT NULL,
    definition smallint NOT NULL,
    values double precision[] NOT NULL,
    known_from timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (symbol_no, timeframe, time)
);
COMMENT ON COLUMN indicators.values IS 'In the order of series_definitions.names; null where the history is too short';

CREATE TABLE indicator_revisions (
    symbol_no integer NOT NULL,
    timeframe smallint NOT NULL,
    time timestamptz NOT NULL,
    definition smallint NOT NULL,
    values double precision[] NOT NULL,
    known_from timestamptz NOT NULL,
    known_to timestamptz NOT NULL,
    PRIMARY KEY (symbol_no, timeframe, time, known_from)
);
COMMENT ON TABLE indicator_revisions IS 'What indicators were before a bar was revised, and from when to when that was known';

CREATE TABLE indicator_states (
    symbol_no integer NOT NULL,
    timeframe smallint NOT NULL,
    time timestamptz NOT NULL,
    hash text NOT NULL,
    state bytea NOT NULL,
    PRIMARY KEY (symbol_no, timeframe, time)
);
COMMENT ON TABLE indicator_states IS
    'State of a series after the bar at this time, once in 256 bars: restarts and revisions go on from there';
COMMENT ON COLUMN indicator_states.hash IS 'Which releases can read the state';

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        PERFORM create_hypertable('indicators', 'time', chunk_time_interval => interval '30 days');
        PERFORM create_hypertable('indicator_revisions', 'time', chunk_time_interval => interval '30 days');
        PERFORM create_hypertable('indicator_states', 'time', chunk_time_interval => interval '30 days');
    END IF;
END $$;
