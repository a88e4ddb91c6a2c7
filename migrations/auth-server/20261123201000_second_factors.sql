-- Second factors: codes of an authenticator app, passkeys, and the recovery codes for when both are out of reach.

CREATE TABLE totp (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES account (id),
    -- The shared secret in base64, encrypted with the configured key when there is one.
    secret TEXT NOT NULL,
    encrypted BOOLEAN NOT NULL,
    -- The time step of the last code that was taken: no code works twice, nor an earlier one after a later.
    last_step BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);

CREATE TABLE passkey (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES account (id),
    -- Base64url, as authenticators name it.
    credential_id TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The public key and what else verifying needs: JSON.
    credential TEXT NOT NULL,
    sign_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    CONSTRAINT passkey_credential_unique UNIQUE (credential_id)
);
CREATE INDEX passkey_user ON passkey (user_id, created_at, id);

CREATE TABLE recovery_code (
    user_id TEXT NOT NULL REFERENCES account (id),
    -- HMAC under the server's secret.
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (user_id, hash)
);
