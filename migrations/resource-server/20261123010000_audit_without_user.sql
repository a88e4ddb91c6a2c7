-- An application that acts for itself has no user: room_audit.user_id may be absent. SQLite cannot drop a
-- NOT NULL, hence the new table.
CREATE TABLE room_audit_new (
    id          TEXT   NOT NULL PRIMARY KEY,
    room_id     TEXT   NOT NULL,
    user_id     TEXT,
    client_id   TEXT   NOT NULL,
    auth_method TEXT   NOT NULL,
    action      TEXT   NOT NULL CHECK (action IN ('create', 'update', 'delete')),
    at          BIGINT NOT NULL
);
INSERT INTO room_audit_new (id, room_id, user_id, client_id, auth_method, action, at)
    SELECT id, room_id, user_id, client_id, auth_method, action, at FROM room_audit;
DROP TABLE room_audit;
ALTER TABLE room_audit_new RENAME TO room_audit;
CREATE INDEX room_audit_by_room ON room_audit (room_id, at);
