-- Which application a refused request named, and what was wrong in a word, so that its developer can be told.
ALTER TABLE error_report ADD COLUMN client_id TEXT;
ALTER TABLE error_report ADD COLUMN code TEXT;
CREATE INDEX error_report_client ON error_report (client_id, at);
