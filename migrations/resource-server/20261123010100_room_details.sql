-- What a conference or a meeting says about itself beyond its name.
ALTER TABLE rooms ADD COLUMN description TEXT;
-- When it is planned: both or neither.
ALTER TABLE rooms ADD COLUMN starts_at BIGINT;
ALTER TABLE rooms ADD COLUMN duration_minutes BIGINT;

-- A page of all rooms, newest first, for applications that see every room.
CREATE INDEX rooms_by_age ON rooms (created_at, id);
