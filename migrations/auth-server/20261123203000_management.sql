-- What administrators, reviewers and developers work with: versions, proposals, the steps of reviews, searches.

-- One more with every change: the ETag, and what a reviewer's decision is about.
ALTER TABLE application ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
-- The command line may have registered applications for review.
UPDATE application SET submitted_at = created_at WHERE review = 'pending' AND submitted_at IS NULL;
CREATE INDEX application_queue ON application (review, submitted_at, client_id);
CREATE INDEX application_name_search ON application (lower(name));
CREATE INDEX application_owner_created ON application (owner_id, created_at, client_id);

-- Names that are taken, in the form they are compared in: those of developers' applications are unique (S4.6). Operators
-- may name two applications alike; then the first one has the name.
CREATE TABLE application_name (
    name TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES application (client_id)
);
CREATE INDEX application_name_client ON application_name (client_id);
INSERT INTO application_name (name, client_id) SELECT lower(name), MIN(client_id) FROM application GROUP BY lower(name);

-- What the developer of an approved application wants to change of what the review vouched for. It changes nothing
-- before it is approved.
CREATE TABLE application_proposal (
    client_id TEXT NOT NULL PRIMARY KEY REFERENCES application (client_id),
    change TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    submitted_at BIGINT
);
CREATE INDEX application_proposal_queue ON application_proposal (status, submitted_at, client_id);

-- The steps of an application's reviews, for its developer and its reviewers.
CREATE TABLE review_step (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL REFERENCES application (client_id),
    at BIGINT NOT NULL,
    what TEXT NOT NULL,
    reason TEXT,
    actor_id TEXT
);
CREATE INDEX review_step_client ON review_step (client_id, at, id);
CREATE INDEX review_step_actor ON review_step (actor_id);

-- Rows that a transaction changes first, so that another one waits for it.
CREATE TABLE registry_lock (
    name TEXT NOT NULL PRIMARY KEY,
    taken BIGINT NOT NULL
);
INSERT INTO registry_lock (name, taken) VALUES ('administrators', 0);

-- What `auth-server apply` made, by its name in the file: --prune blocks what the file no longer has, and nothing else.
CREATE TABLE applied (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);
CREATE INDEX applied_id ON applied (kind, id);

-- Lists of the console, newest first.
CREATE INDEX account_admins ON account (created_at, id) WHERE is_admin;
CREATE INDEX account_developers ON account (created_at, id) WHERE is_developer;
CREATE INDEX account_reviewers ON account (created_at, id) WHERE is_reviewer;
CREATE INDEX account_auditors ON account (created_at, id) WHERE is_auditor;
CREATE INDEX account_disabled ON account (created_at, id) WHERE disabled;
CREATE INDEX application_disabled ON application (created_at, client_id) WHERE disabled;
CREATE INDEX application_review_created ON application (review, created_at, client_id);
CREATE INDEX api_key_client ON api_key (client_id, created_at, id);
CREATE INDEX audit_order ON audit (at, id);
CREATE INDEX audit_user_order ON audit (user_id, at, id);
CREATE INDEX audit_client_order ON audit (client_id, at, id);
CREATE INDEX audit_kind_order ON audit (kind, at, id);
DROP INDEX audit_at;
DROP INDEX audit_user;
DROP INDEX audit_client;
