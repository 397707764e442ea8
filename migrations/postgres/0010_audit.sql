-- chain is the id of an organization, or 'installation'. Not a foreign key: history outlives what it tells of.
CREATE TABLE audit_events (
    chain         TEXT COLLATE "C" NOT NULL,
    number        BIGINT NOT NULL,
    id            TEXT COLLATE "C" NOT NULL UNIQUE,
    at            BIGINT NOT NULL,
    action        TEXT COLLATE "C" NOT NULL,
    actor_kind    TEXT COLLATE "C" NOT NULL CHECK (actor_kind IN ('user', 'token', 'system', 'nobody')),
    actor_id      TEXT COLLATE "C",
    actor_name    TEXT COLLATE "C" NOT NULL,
    actor_email   TEXT COLLATE "C",
    target_kind   TEXT COLLATE "C" NOT NULL,
    target_id     TEXT COLLATE "C",
    target_name   TEXT COLLATE "C" NOT NULL,
    organization  TEXT COLLATE "C" NOT NULL,
    address       TEXT COLLATE "C",
    request_id    TEXT COLLATE "C",
    before        TEXT COLLATE "C" NOT NULL,
    after         TEXT COLLATE "C" NOT NULL,
    previous_hash BYTEA NOT NULL,
    hash          BYTEA NOT NULL,
    PRIMARY KEY (chain, number)
);

CREATE INDEX audit_events_by_target ON audit_events (chain, target_id, number);
CREATE INDEX audit_events_by_actor ON audit_events (chain, actor_id, number);
CREATE INDEX audit_events_by_action ON audit_events (chain, action, number);
CREATE INDEX audit_events_by_time ON audit_events (at, id);

CREATE TABLE audit_heads (
    chain     TEXT COLLATE "C" PRIMARY KEY,
    number    BIGINT NOT NULL,
    hash      BYTEA NOT NULL,
    signature BYTEA NOT NULL
);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events can neither be changed nor deleted';
END $$;

CREATE TRIGGER audit_events_fixed BEFORE UPDATE OR DELETE ON audit_events
FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
