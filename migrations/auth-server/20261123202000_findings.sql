-- What was found about the URLs of submitted applications, the hosts that applications have (so that one which looks
-- like another is seen), and the logos that were fetched.

-- Not completed: somebody is looking at the URLs, since started_at. Who finds it long started does it anew.
CREATE TABLE review_examination (
    client_id TEXT NOT NULL REFERENCES application (client_id),
    submitted_at BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    completed_at BIGINT,
    PRIMARY KEY (client_id, submitted_at)
);
CREATE INDEX review_examination_open ON review_examination (started_at) WHERE completed_at IS NULL;

-- A finding of the network says what answered; the others follow from the URL alone and are there at once.
CREATE TABLE review_finding (
    client_id TEXT NOT NULL REFERENCES application (client_id),
    submitted_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    from_network BOOLEAN NOT NULL,
    field TEXT NOT NULL,
    url TEXT NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (client_id, submitted_at, from_network, position)
);

-- `look` is what a name looks like (the skeleton of UTS 39); the same for its last two labels.
CREATE TABLE application_host (
    client_id TEXT NOT NULL REFERENCES application (client_id),
    host TEXT NOT NULL,
    look TEXT NOT NULL,
    registered_look TEXT NOT NULL,
    PRIMARY KEY (client_id, host)
);
CREATE INDEX application_host_look ON application_host (look);
CREATE INDEX application_host_registered_look ON application_host (registered_look);

-- The picture in base64: the same SQL runs on both databases. At most 256 KiB each.
CREATE TABLE application_logo (
    hash TEXT NOT NULL PRIMARY KEY,
    content_type TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX application_logo_created ON application_logo (created_at);
