-- What belongs to users: their address books and pictures. The users themselves belong to the authorization
-- server, so owner_id and user_id refer to no table.

CREATE TABLE contact (
    id         TEXT   NOT NULL PRIMARY KEY,
    owner_id   TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    email      TEXT   NOT NULL,
    user_id    TEXT,
    phone      TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT contact_email_key UNIQUE (owner_id, email)
);
-- Ids grow with time: an address book is read in the order it was written.
CREATE INDEX contact_by_owner ON contact (owner_id, id);

CREATE TABLE avatar (
    user_id    TEXT   NOT NULL PRIMARY KEY,
    media_type TEXT   NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg', 'image/webp')),
    size_bytes BIGINT NOT NULL,
    sha256     TEXT   NOT NULL,
    image      BYTEA  NOT NULL,
    updated_at BIGINT NOT NULL
);
