-- Users as provisioning systems see them (SCIM, RFC 7643), and groups of users.

-- What a provisioning system calls the user.
ALTER TABLE account ADD COLUMN external_id TEXT;
-- One more with every change: the ETag.
ALTER TABLE account ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE account ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
UPDATE account SET updated_at = created_at;
CREATE INDEX account_external_id ON account (external_id);
CREATE INDEX account_name ON account (lower(name));
CREATE INDEX account_created ON account (created_at, id);
CREATE INDEX account_updated ON account (updated_at, id);
CREATE INDEX application_owner ON application (owner_id);

CREATE TABLE user_group (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    external_id TEXT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX user_group_name ON user_group (lower(name));
CREATE INDEX user_group_external_id ON user_group (external_id);

CREATE TABLE user_group_member (
    group_id TEXT NOT NULL REFERENCES user_group (id),
    user_id TEXT NOT NULL REFERENCES account (id),
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX user_group_member_user ON user_group_member (user_id, group_id);
