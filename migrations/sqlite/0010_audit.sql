-- chain is the id of an organization, or 'installation'. Not a foreign key: history outlives what it tells of.
CREATE TABLE audit_events (
    chain         TEXT NOT NULL,
    number        INTEGER NOT NULL,
    id            TEXT NOT NULL UNIQUE,
    at            INTEGER NOT NULL,
    action        TEXT NOT NULL,
    actor_kind    TEXT NOT NULL CHECK (actor_kind IN ('user', 'token', 'system', 'nobody')),
    actor_id      TEXT,
    actor_name    TEXT NOT NULL,
    actor_email   TEXT,
    target_kind   TEXT NOT NULL,
    target_id     TEXT,
    target_name   TEXT NOT NULL,
    organization  TEXT NOT NULL,
    address       TEXT,
    request_id    TEXT,
    before        TEXT NOT NULL,
    after         TEXT NOT NULL,
    previous_hash BLOB NOT NULL,
    hash          BLOB NOT NULL,
    PRIMARY KEY (chain, number)
) STRICT;

CREATE INDEX audit_events_by_target ON audit_events (chain, target_id, number);
CREATE INDEX audit_events_by_actor ON audit_events (chain, actor_id, number);
CREATE INDEX audit_events_by_action ON audit_events (chain, action, number);
CREATE INDEX audit_events_by_time ON audit_events (at, id);

CREATE TABLE audit_heads (
    chain     TEXT PRIMARY KEY,
    number    INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_events_fixed BEFORE UPDATE ON audit_events BEGIN
    SELECT RAISE(ABORT, 'audit events cannot be changed');
END;
CREATE TRIGGER audit_events_kept BEFORE DELETE ON audit_events BEGIN
    SELECT RAISE(ABORT, 'audit events cannot be deleted');
END;
