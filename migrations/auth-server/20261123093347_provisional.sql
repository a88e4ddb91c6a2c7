-- Users whom a delegating application named before they had an account: known by their e-mail address alone, until
-- they claim the record.
ALTER TABLE account ADD COLUMN provisional BOOLEAN NOT NULL DEFAULT FALSE;
