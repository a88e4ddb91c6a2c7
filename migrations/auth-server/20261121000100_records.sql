-- Records of the authorization server. The same SQL runs on SQLite and PostgreSQL: ids are TEXT, times BIGINT
-- seconds since the Unix epoch, flags BOOLEAN, lists and policies JSON in TEXT.

CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT,
    is_admin BOOLEAN NOT NULL,
    is_developer BOOLEAN NOT NULL,
    disabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT account_email_unique UNIQUE (email)
);

CREATE TABLE application (
    client_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    profile TEXT NOT NULL,
    policy TEXT NOT NULL,
    auth_methods TEXT NOT NULL,
    redirect_uris TEXT NOT NULL,
    scope TEXT NOT NULL,
    domains TEXT NOT NULL,
    owner_id TEXT REFERENCES account (id),
    review TEXT NOT NULL,
    review_reason TEXT,
    disabled BOOLEAN NOT NULL,
    homepage_url TEXT,
    policy_url TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX application_created ON application (created_at, client_id);

CREATE TABLE resource_server (
    client_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    scope_prefix TEXT,
    first_party BOOLEAN NOT NULL,
    disabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT resource_server_url_unique UNIQUE (url)
);

-- Secrets of applications and of resource servers: SHA-256 only.
CREATE TABLE client_secret (
    id TEXT NOT NULL PRIMARY KEY,
    client_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX client_secret_client ON client_secret (client_id);

CREATE TABLE consent (
    user_id TEXT NOT NULL REFERENCES account (id),
    client_id TEXT NOT NULL REFERENCES application (client_id),
    scope TEXT NOT NULL,
    granted_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, client_id)
);

-- A key signs from active_from until its successor does, and is published until retires_at. Of keys that begin
-- at the same second, the one made last (with the highest position) signs.
CREATE TABLE signing_key (
    kid TEXT NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    algorithm TEXT NOT NULL,
    private_key TEXT NOT NULL,
    encrypted BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    active_from BIGINT NOT NULL,
    retires_at BIGINT
);

-- Keys of the server's own HMACs (derived refresh tokens, CSRF), shared by every instance.
CREATE TABLE server_secret (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL,
    encrypted BOOLEAN NOT NULL
);

CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT,
    client_id TEXT,
    address TEXT,
    detail TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_user ON audit (user_id, at);
CREATE INDEX audit_client ON audit (client_id, at);

CREATE TABLE error_report (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    status BIGINT NOT NULL,
    route TEXT NOT NULL,
    reason TEXT NOT NULL,
    address TEXT
);
CREATE INDEX error_report_at ON error_report (at);
