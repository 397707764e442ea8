-- One action on many people: asked, confirmed, then carried out piece by piece, whoever still watches.
CREATE TABLE jobs (
    id              TEXT COLLATE "C" PRIMARY KEY,
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- Who asked, and whose rights are judged again for every person.
    user_id         TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- What is done, as JSON.
    task            TEXT COLLATE "C" NOT NULL,
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('asked', 'running', 'done')),
    people          BIGINT NOT NULL,
    -- What there is to say about the whole of it.
    note            TEXT COLLATE "C" NOT NULL,
    -- Where the confirmation came from: the evidence of every change names it.
    address         TEXT COLLATE "C",
    request_id      TEXT COLLATE "C",
    created_at      BIGINT NOT NULL,
    due_at          BIGINT NOT NULL
);

CREATE INDEX jobs_due ON jobs (due_at) WHERE state = 'running';

CREATE TABLE job_people (
    job_id  TEXT COLLATE "C" NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    place   BIGINT NOT NULL,
    -- Empty while it is not known.
    user_id TEXT COLLATE "C" NOT NULL,
    person  TEXT COLLATE "C" NOT NULL,
    -- The row of an imported file, as JSON.
    detail  TEXT COLLATE "C" NOT NULL,
    -- What became of it, or before that what is foreseen.
    mark    TEXT COLLATE "C" NOT NULL CHECK (mark IN ('', 'done', 'kept', 'failed')),
    result  TEXT COLLATE "C" NOT NULL,
    settled BOOLEAN NOT NULL,
    PRIMARY KEY (job_id, place)
);
