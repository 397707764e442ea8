-- One action on many people: asked, confirmed, then carried out piece by piece, whoever still watches.
CREATE TABLE jobs (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- Who asked, and whose rights are judged again for every person.
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- What is done, as JSON.
    task            TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('asked', 'running', 'done')),
    people          INTEGER NOT NULL,
    -- What there is to say about the whole of it.
    note            TEXT NOT NULL,
    -- Where the confirmation came from: the evidence of every change names it.
    address         TEXT,
    request_id      TEXT,
    created_at      INTEGER NOT NULL,
    due_at          INTEGER NOT NULL
) STRICT;

CREATE INDEX jobs_due ON jobs (due_at) WHERE state = 'running';

CREATE TABLE job_people (
    job_id  TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    place   INTEGER NOT NULL,
    -- Empty while it is not known.
    user_id TEXT NOT NULL,
    person  TEXT NOT NULL,
    -- The row of an imported file, as JSON.
    detail  TEXT NOT NULL,
    -- What became of it, or before that what is foreseen.
    mark    TEXT NOT NULL CHECK (mark IN ('', 'done', 'kept', 'failed')),
    result  TEXT NOT NULL,
    settled INTEGER NOT NULL,
    PRIMARY KEY (job_id, place)
) STRICT, WITHOUT ROWID;
