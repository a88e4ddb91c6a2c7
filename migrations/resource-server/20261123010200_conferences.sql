-- Recordings: what is known about them. The recording itself is elsewhere.
CREATE TABLE room_record (
    id               TEXT   NOT NULL PRIMARY KEY,
    room_id          TEXT   NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    name             TEXT   NOT NULL,
    started_at       BIGINT NOT NULL,
    duration_seconds BIGINT NOT NULL,
    size_bytes       BIGINT NOT NULL,
    url              TEXT
);
CREATE INDEX room_record_by_room ON room_record (room_id, started_at, id);

-- What new conferences may start from. Without an owner it is of an application that acts for itself.
CREATE TABLE conference_template (
    id               TEXT   NOT NULL PRIMARY KEY,
    owner_id         TEXT,
    client_id        TEXT   NOT NULL,
    name             TEXT   NOT NULL,
    description      TEXT,
    duration_minutes BIGINT,
    created_at       BIGINT NOT NULL
);
CREATE INDEX conference_template_by_owner ON conference_template (owner_id, created_at, id);
CREATE INDEX conference_template_by_age ON conference_template (created_at, id);

CREATE TABLE conference_template_participant (
    template_id TEXT NOT NULL REFERENCES conference_template (id) ON DELETE CASCADE,
    user_id     TEXT NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('owner', 'administrator', 'member')),
    PRIMARY KEY (template_id, user_id)
);
