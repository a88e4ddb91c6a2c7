-- API keys of applications of the profile keyed: SHA-256 only. The id is public: resource servers know a key by it.
CREATE TABLE api_key (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES application (client_id),
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    disabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT api_key_hash_unique UNIQUE (hash)
);
CREATE INDEX api_key_created ON api_key (created_at, id);
