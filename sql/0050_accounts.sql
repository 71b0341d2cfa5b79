-- Accounts with passwords, tokens for programs, and a log of every change to them.

ALTER TABLE users
    ADD COLUMN password_hash text,
    ADD COLUMN disabled_at timestamptz,
    ADD COLUMN tokens_from timestamptz;
COMMENT ON COLUMN users.password_hash IS 'Argon2id in PHC format; null where only login links let in';
COMMENT ON COLUMN users.tokens_from IS
    'Access tokens issued before are refused: the role or the password changed then, or the user was kept out';
-- Nobody may pass for another by the case of a letter.
CREATE UNIQUE INDEX users_folded_name ON users (lower(name));
CREATE INDEX users_tokens_from ON users (tokens_from) WHERE tokens_from IS NOT NULL;
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_no);

CREATE TABLE api_tokens (
    token_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_no integer NOT NULL REFERENCES users (user_no) ON DELETE CASCADE,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    token_hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_tokens_user ON api_tokens (user_no, token_no);
COMMENT ON COLUMN api_tokens.token_hash IS 'SHA-256 of the token; the token itself is shown once and stored nowhere';

CREATE TABLE audit_log (
    entry_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    address text,
    detail jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_log_at ON audit_log (at);
COMMENT ON TABLE audit_log IS 'Who changed what; kept for 90 days. Never holds a secret';

-- Counts of failed logins. Losing them after a crash costs nothing, so they are not worth a write-ahead log.
CREATE UNLOGGED TABLE login_failures (
    subject text PRIMARY KEY,
    failures integer NOT NULL,
    since timestamptz NOT NULL
);
CREATE TABLE login_addresses (
    user_no integer NOT NULL REFERENCES users (user_no) ON DELETE CASCADE,
    address text NOT NULL,
    last_at timestamptz NOT NULL,
    PRIMARY KEY (user_no, address)
);
COMMENT ON TABLE login_addresses IS
    'Addresses that a user logged in from: they are not held up by the guesses of others';
