-- The public record of a user's establishment, and the feeds it is published on. Times are unix seconds.
CREATE TABLE establishment (
    user_id       TEXT   NOT NULL PRIMARY KEY,
    -- Counts the writes, from 1.
    revision      BIGINT NOT NULL,
    name          TEXT   NOT NULL,
    description   TEXT,
    street        TEXT,
    postal_code   TEXT,
    city          TEXT,
    country       TEXT,
    phone         TEXT,
    email         TEXT,
    website       TEXT,
    -- A JSON list of {"day", "opens", "closes"}.
    opening_hours TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL
);

CREATE TABLE establishment_publication (
    user_id      TEXT   NOT NULL REFERENCES establishment (user_id) ON DELETE CASCADE,
    feed         TEXT   NOT NULL,
    published_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, feed)
);
