-- Calls: when rooms were used, and by whom. They outlive their rooms, hence no reference to them.
CREATE TABLE room_call (
    id         TEXT   NOT NULL PRIMARY KEY,
    room_id    TEXT   NOT NULL,
    -- The room's when the call started.
    name       TEXT,
    recorded   INT    NOT NULL,
    started_at BIGINT NOT NULL,
    -- Absent while it runs.
    ended_at   BIGINT
);
-- A room has one running call at most, whoever starts it at the same moment.
CREATE UNIQUE INDEX room_call_running ON room_call (room_id) WHERE ended_at IS NULL;
CREATE INDEX room_call_by_age ON room_call (started_at, id);

-- To whom a call is known: who had a role in the room or was invited when it started, and, without a role here,
-- who came as well. A person is a user's id or an e-mail address. started_at repeats that of the call, so that a
-- page of somebody's calls, newest first, is read from one index.
CREATE TABLE room_call_person (
    call_id    TEXT   NOT NULL REFERENCES room_call (id) ON DELETE CASCADE,
    person     TEXT   NOT NULL,
    role       TEXT   CHECK (role IN ('owner', 'administrator', 'member', 'attendee')),
    started_at BIGINT NOT NULL,
    PRIMARY KEY (call_id, person)
);
CREATE INDEX room_call_person_by_person ON room_call_person (person, started_at, call_id);

-- Who was in a call from when to when; somebody who comes back has another row.
CREATE TABLE room_call_participant (
    id        TEXT   NOT NULL PRIMARY KEY,
    call_id   TEXT   NOT NULL REFERENCES room_call (id) ON DELETE CASCADE,
    user_id   TEXT   NOT NULL,
    name      TEXT,
    -- What they were in the room when they came; absent for guests.
    role      TEXT   CHECK (role IN ('owner', 'administrator', 'member', 'attendee')),
    on_podium INT    NOT NULL,
    joined_at BIGINT NOT NULL,
    -- Absent while they are there.
    left_at   BIGINT
);
CREATE UNIQUE INDEX room_call_participant_present ON room_call_participant (call_id, user_id) WHERE left_at IS NULL;
CREATE INDEX room_call_participant_by_call ON room_call_participant (call_id, joined_at, id);
-- The calls that somebody is in now.
CREATE INDEX room_call_participant_by_user ON room_call_participant (user_id) WHERE left_at IS NULL;

-- How large a recording is may be unknown. SQLite cannot drop a NOT NULL, hence the new table.
CREATE TABLE room_record_new (
    id               TEXT   NOT NULL PRIMARY KEY,
    room_id          TEXT   NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    name             TEXT   NOT NULL,
    started_at       BIGINT NOT NULL,
    duration_seconds BIGINT NOT NULL,
    size_bytes       BIGINT,
    url              TEXT
);
INSERT INTO room_record_new (id, room_id, name, started_at, duration_seconds, size_bytes, url)
    SELECT id, room_id, name, started_at, duration_seconds, size_bytes, url FROM room_record;
DROP TABLE room_record;
ALTER TABLE room_record_new RENAME TO room_record;
CREATE INDEX room_record_by_room ON room_record (room_id, started_at, id);
