-- Runs on SQLite and PostgreSQL alike: ids are UUIDs in text, times are unix seconds.

CREATE TABLE rooms (
    id           TEXT   NOT NULL PRIMARY KEY,
    slug         TEXT   NOT NULL,
    name         TEXT,
    access_level TEXT   NOT NULL CHECK (access_level IN ('public', 'trusted', 'restricted')),
    pin_code     TEXT,
    -- The application that made the room: only it may delete the room again.
    client_id    TEXT   NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    CONSTRAINT rooms_slug_key UNIQUE (slug),
    CONSTRAINT rooms_pin_code_key UNIQUE (pin_code)
);

-- room_created_at repeats rooms.created_at (it never changes), so that a page of somebody's rooms,
-- newest first, is read from one index.
CREATE TABLE room_access (
    room_id         TEXT   NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    user_id         TEXT   NOT NULL,
    role            TEXT   NOT NULL CHECK (role IN ('owner', 'administrator', 'member')),
    room_created_at BIGINT NOT NULL,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX room_access_by_user ON room_access (user_id, room_created_at, room_id);

-- People who pass the lobby by their e-mail address (kept in lower case).
CREATE TABLE room_attendee (
    room_id         TEXT   NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
    email           TEXT   NOT NULL,
    room_created_at BIGINT NOT NULL,
    PRIMARY KEY (room_id, email)
);
CREATE INDEX room_attendee_by_email ON room_attendee (email, room_created_at, room_id);

-- Outlives the room, hence no reference to it.
CREATE TABLE room_audit (
    id          TEXT   NOT NULL PRIMARY KEY,
    room_id     TEXT   NOT NULL,
    user_id     TEXT   NOT NULL,
    client_id   TEXT   NOT NULL,
    auth_method TEXT   NOT NULL,
    action      TEXT   NOT NULL CHECK (action IN ('create', 'update', 'delete')),
    at          BIGINT NOT NULL
);
CREATE INDEX room_audit_by_room ON room_audit (room_id, at);
