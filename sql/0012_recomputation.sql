-- Requests to compute indicators and features anew: whoever changes stored bars beside the processor leaves one.

CREATE TABLE recomputations (
    symbol_no integer PRIMARY KEY,
    from_time timestamptz NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE recomputations IS
    'Bars of the symbol that end after from_time have changed; the processor that owns it answers and deletes the row';

CREATE FUNCTION notify_recomputations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('recomputations', '');
    RETURN NULL;
END $$;
CREATE TRIGGER recomputation_requested AFTER INSERT OR UPDATE ON recomputations
    FOR EACH STATEMENT EXECUTE FUNCTION notify_recomputations();
