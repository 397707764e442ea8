CREATE TABLE mails (
    id              TEXT PRIMARY KEY,
    message_id      TEXT NOT NULL UNIQUE,
    kind            TEXT NOT NULL,
    organization_id TEXT,
    user_id         TEXT,
    recipient       TEXT NOT NULL,
    -- The rendered letter, sealed: it carries live links.
    letter          BLOB NOT NULL,
    created_at      INTEGER NOT NULL,
    -- After this nobody needs the letter any more.
    expires_at      INTEGER NOT NULL,
    due_at          INTEGER NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    state           TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'held')),
    last_error      TEXT
) STRICT;

CREATE INDEX mails_due ON mails (due_at) WHERE state = 'queued';
CREATE INDEX mails_of_member ON mails (organization_id, user_id, created_at);
