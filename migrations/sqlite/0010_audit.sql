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

-- One index for each way the log is walked, newest first: all of it, of one organization, by what happened, and by whom
-- or what it names.
CREATE INDEX audit_events_by_time ON audit_events (at, id);
CREATE INDEX audit_events_by_chain ON audit_events (chain, at, id);
CREATE INDEX audit_events_by_action ON audit_events (action, at, id);
CREATE INDEX audit_events_by_chain_and_action ON audit_events (chain, action, at, id);
CREATE INDEX audit_events_by_actor ON audit_events (substr(coalesce(actor_id, actor_kind), 1, 200), at, id);
CREATE INDEX audit_events_by_target ON audit_events (substr(coalesce(target_id, target_name), 1, 200), at, id);

-- Whom and what the events name, folded: a text is looked for here, among the names, and not in every event.
CREATE TABLE audit_names (
    number  INTEGER PRIMARY KEY,
    chain   TEXT NOT NULL,
    side    TEXT NOT NULL CHECK (side IN ('actor', 'target')),
    -- Id, or what stands for it where there is none.
    key     TEXT NOT NULL,
    name    TEXT NOT NULL,
    UNIQUE (chain, side, key, name)
) STRICT;

CREATE VIRTUAL TABLE audit_name_search USING fts5 (
    name, content = 'audit_names', content_rowid = 'number',
    tokenize = 'trigram case_sensitive 1', detail = 'none');

CREATE TRIGGER audit_name_search_insert AFTER INSERT ON audit_names BEGIN
    INSERT INTO audit_name_search (rowid, name) VALUES (new.number, new.name);
END;

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
