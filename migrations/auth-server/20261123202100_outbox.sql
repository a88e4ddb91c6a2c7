-- Messages to people, links in them, and the devices that people sign in with.

ALTER TABLE account ADD COLUMN email_verified_at BIGINT;

-- Whoever sends a message puts next_attempt_at ahead first, in one statement: nobody else sends it meanwhile.
CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    user_id TEXT REFERENCES account (id),
    recipient TEXT NOT NULL,
    language TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    -- A body with a link in it is, when a key_encryption_key is configured.
    body_encrypted BOOLEAN NOT NULL DEFAULT FALSE,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    last_error TEXT,
    -- The body holds a link that is worth something until then; it is blanked when sent, or at that time.
    secret_until BIGINT
);
CREATE INDEX outbox_due ON outbox (next_attempt_at) WHERE state = 'waiting';
CREATE INDEX outbox_at ON outbox (at, id);
CREATE INDEX outbox_state ON outbox (state, at, id);
CREATE INDEX outbox_user ON outbox (user_id);
CREATE INDEX outbox_secret ON outbox (secret_until) WHERE secret_until IS NOT NULL;

-- SHA-256 only. A link is taken by deleting its row.
CREATE TABLE mail_link (
    hash TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES account (id),
    email TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX mail_link_user ON mail_link (user_id, purpose);
CREATE INDEX mail_link_expires ON mail_link (expires_at);

-- A device is a browser family on a system, in a network.
CREATE TABLE sign_in_device (
    user_id TEXT NOT NULL REFERENCES account (id),
    device TEXT NOT NULL,
    network TEXT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, device, network)
);
CREATE INDEX sign_in_device_seen ON sign_in_device (last_seen_at);
