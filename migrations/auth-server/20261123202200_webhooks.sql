-- Receivers of events, and what was sent to each.

-- The secret signs, so it is kept: encrypted when a key_encryption_key is configured. `events` is a list in JSON.
CREATE TABLE webhook_endpoint (
    id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    secret_encrypted BOOLEAN NOT NULL,
    events TEXT NOT NULL,
    disabled BOOLEAN NOT NULL,
    -- No attempt succeeded since then.
    failing_since BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX webhook_endpoint_created ON webhook_endpoint (created_at, id);

-- Whoever delivers puts next_attempt_at ahead first, in one statement: nobody else delivers it meanwhile.
CREATE TABLE webhook_delivery (
    id TEXT NOT NULL PRIMARY KEY,
    endpoint_id TEXT NOT NULL REFERENCES webhook_endpoint (id),
    event_id TEXT NOT NULL,
    event TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    status BIGINT,
    answer TEXT,
    at BIGINT NOT NULL
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (next_attempt_at) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint_id, at, id);
CREATE INDEX webhook_delivery_at ON webhook_delivery (at);
