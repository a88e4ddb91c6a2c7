-- Who is signed in on the pages. The cookie itself is not kept, nor any token of the authorization server:
-- only which token the sign-in rested on, so that its revocation ends the session.
CREATE TABLE webapp_sessions (
    cookie_hash        TEXT   NOT NULL PRIMARY KEY,
    user_id            TEXT   NOT NULL,
    email              TEXT,
    client_id          TEXT   NOT NULL,
    may_change         INT    NOT NULL,
    token_id           TEXT   NOT NULL,
    token_issued_at_ms BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL
);
CREATE INDEX webapp_sessions_by_expiry ON webapp_sessions (expires_at);
