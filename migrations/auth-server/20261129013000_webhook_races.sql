-- A delivery holds nobody up: neither does the deletion of its receiver wait for, or fail because of, one that is being
-- written at that moment, nor the other way round. So the reference to the receiver goes. The first statement keeps
-- running instances out until all of it is done.
ALTER TABLE webhook_delivery RENAME TO webhook_delivery_before;
CREATE TABLE webhook_delivery (
    id TEXT NOT NULL PRIMARY KEY,
    endpoint_id TEXT NOT NULL,
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
INSERT INTO webhook_delivery (id, endpoint_id, event_id, event, payload, state, attempts, next_attempt_at, status,
    answer, at)
    SELECT id, endpoint_id, event_id, event, payload, state, attempts, next_attempt_at, status, answer, at
    FROM webhook_delivery_before;
DROP TABLE webhook_delivery_before;
CREATE INDEX webhook_delivery_due ON webhook_delivery (next_attempt_at) WHERE state = 'waiting';
CREATE INDEX webhook_delivery_endpoint ON webhook_delivery (endpoint_id, at, id);
CREATE INDEX webhook_delivery_at ON webhook_delivery (at);

-- One more with every change of a receiver: of two administrators who saw the same one, one changes it.
ALTER TABLE webhook_endpoint ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
