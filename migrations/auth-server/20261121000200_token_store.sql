-- The token store when there is no Redis. Only hashes and ids; times in milliseconds since the Unix epoch.

CREATE TABLE token_code (
    hash TEXT NOT NULL PRIMARY KEY,
    family TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT,
    grant_json TEXT NOT NULL,
    binding_json TEXT NOT NULL,
    issued_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    used BOOLEAN NOT NULL DEFAULT FALSE,
    -- Later than its end of life when it was used shortly before: a replay must still be seen.
    kept_until_ms BIGINT NOT NULL
);
CREATE INDEX token_code_kept_until ON token_code (kept_until_ms);

CREATE TABLE token_family (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    user_id TEXT,
    grant_json TEXT NOT NULL,
    -- The moment of the authorization itself; cut-offs compare with it.
    authorized_at_ms BIGINT NOT NULL,
    issued_at_ms BIGINT NOT NULL,
    last_used_at_ms BIGINT NOT NULL,
    -- The absolute end, and when the last of its tokens ends.
    ends_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    revoked BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX token_family_client ON token_family (client_id, issued_at_ms);
CREATE INDEX token_family_user ON token_family (user_id, issued_at_ms);
CREATE INDEX token_family_expires ON token_family (expires_at_ms);

CREATE TABLE token_refresh (
    hash TEXT NOT NULL PRIMARY KEY,
    family TEXT NOT NULL,
    issued_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL,
    used_at_ms BIGINT,
    successor TEXT
);
CREATE INDEX token_refresh_expires ON token_refresh (expires_at_ms);

-- A token of a family finds its grant there; one that stands alone carries it.
CREATE TABLE token_access (
    id TEXT NOT NULL PRIMARY KEY,
    jti TEXT NOT NULL,
    family TEXT,
    client_id TEXT,
    user_id TEXT,
    grant_json TEXT,
    scope TEXT,
    issued_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX token_access_family ON token_access (family) WHERE family IS NOT NULL;
CREATE INDEX token_access_client ON token_access (client_id, issued_at_ms) WHERE client_id IS NOT NULL;
CREATE INDEX token_access_user ON token_access (user_id, issued_at_ms) WHERE user_id IS NOT NULL;
CREATE INDEX token_access_expires ON token_access (expires_at_ms);

-- `c:CLIENT`, `u:USER` or `g:CLIENT:USER`: what was authorized up to the moment is revoked.
CREATE TABLE token_cutoff (
    target TEXT NOT NULL PRIMARY KEY,
    before_ms BIGINT NOT NULL,
    kept_until_ms BIGINT NOT NULL
);
CREATE INDEX token_cutoff_kept_until ON token_cutoff (kept_until_ms);

CREATE TABLE token_session (
    cookie TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    session_json TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX token_session_user ON token_session (user_id, created_at_ms);
CREATE INDEX token_session_expires ON token_session (expires_at_ms);

CREATE TABLE token_counter (
    name TEXT NOT NULL PRIMARY KEY,
    total BIGINT NOT NULL,
    ends_at_ms BIGINT NOT NULL
);
CREATE INDEX token_counter_ends ON token_counter (ends_at_ms);

CREATE TABLE token_once (
    name TEXT NOT NULL PRIMARY KEY,
    expires_at_ms BIGINT NOT NULL
);
CREATE INDEX token_once_expires ON token_once (expires_at_ms);

CREATE TABLE token_event (
    id BIGINT NOT NULL PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    event_json TEXT NOT NULL
);
CREATE INDEX token_event_at ON token_event (at_ms);

-- One row. Whoever writes events raises it first and holds it until the commit, so that events are
-- numbered in the order in which they become visible: a follower can never step over one.
CREATE TABLE token_event_sequence (
    id BIGINT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);
INSERT INTO token_event_sequence (id, last) VALUES (1, 0);
