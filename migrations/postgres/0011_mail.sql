CREATE TABLE mails (
    id              TEXT COLLATE "C" PRIMARY KEY,
    message_id      TEXT COLLATE "C" NOT NULL UNIQUE,
    kind            TEXT COLLATE "C" NOT NULL,
    organization_id TEXT COLLATE "C",
    user_id         TEXT COLLATE "C",
    recipient       TEXT COLLATE "C" NOT NULL,
    -- The rendered letter, sealed: it carries live links.
    letter          BYTEA NOT NULL,
    created_at      BIGINT NOT NULL,
    -- After this nobody needs the letter any more.
    expires_at      BIGINT NOT NULL,
    due_at          BIGINT NOT NULL,
    attempts        BIGINT NOT NULL DEFAULT 0,
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'held')),
    last_error      TEXT COLLATE "C"
);

CREATE INDEX mails_due ON mails (due_at) WHERE state = 'queued';
CREATE INDEX mails_of_member ON mails (organization_id, user_id, created_at);
