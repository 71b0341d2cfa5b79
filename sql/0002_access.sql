-- Accounts as far as `tickloom up` needs them: one-time login links, and refresh tokens that rotate.

CREATE TABLE users (
    user_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 254),
    role text NOT NULL CHECK (role IN ('viewer', 'trader', 'admin')),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE login_links (
    code_hash bytea PRIMARY KEY,
    user_no integer NOT NULL REFERENCES users (user_no) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
COMMENT ON COLUMN login_links.code_hash IS 'SHA-256 of the code; the code itself is stored nowhere';

CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    user_no integer NOT NULL REFERENCES users (user_no) ON DELETE CASCADE,
    family uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
