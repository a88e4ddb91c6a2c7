-- An examination belongs to one submission: of a new application, or of a change of one that runs. Who began it writes
-- its end, unless somebody began anew; the picture it fetched waits here until a change is approved.
ALTER TABLE review_examination ADD COLUMN run TEXT NOT NULL DEFAULT '';
ALTER TABLE review_examination ADD COLUMN logo TEXT;
CREATE INDEX review_examination_logo ON review_examination (logo) WHERE logo IS NOT NULL;

-- The version that a step made of its application: steps of one second stay in their order. Older ones have none.
ALTER TABLE review_step ADD COLUMN version BIGINT NOT NULL DEFAULT 0;
DROP INDEX review_step_client;
CREATE INDEX review_step_order ON review_step (client_id, version, at, id);

-- The address that a logo was fetched from in vain, for an application that no review examined.
ALTER TABLE application ADD COLUMN logo_tried TEXT;
CREATE INDEX application_logo_used ON application (logo) WHERE logo IS NOT NULL;
CREATE INDEX application_logo_missing ON application (client_id)
    WHERE review = 'approved' AND logo IS NULL AND logo_url IS NOT NULL AND (logo_tried IS NULL OR logo_tried <> logo_url);

-- What is on hold is listed by when it came to the reviewers.
UPDATE application SET submitted_at = created_at WHERE review = 'on_hold' AND submitted_at IS NULL;
