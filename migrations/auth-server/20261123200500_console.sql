-- What people say about an application, and where it stands in its review since when.
ALTER TABLE application ADD COLUMN description TEXT;
ALTER TABLE application ADD COLUMN use_case TEXT;
ALTER TABLE application ADD COLUMN logo_url TEXT;
-- Hash of the picture that was fetched from logo_url.
ALTER TABLE application ADD COLUMN logo TEXT;
ALTER TABLE application ADD COLUMN submitted_at BIGINT;

-- Who may review applications, and who may look at everything; the language of pages and messages.
ALTER TABLE account ADD COLUMN is_reviewer BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE account ADD COLUMN is_auditor BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE account ADD COLUMN language TEXT;

-- What people call a secret, and when it was used last, in seconds since the Unix epoch.
ALTER TABLE client_secret ADD COLUMN label TEXT;
ALTER TABLE client_secret ADD COLUMN last_used_at BIGINT;
