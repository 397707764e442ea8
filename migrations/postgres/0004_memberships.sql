CREATE TABLE memberships (
    organization_id   TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id           TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- 'token' for the robot user of an API token; it and 'support' take no seat.
    kind              TEXT COLLATE "C" NOT NULL CHECK (kind IN ('person', 'token', 'support')),
    -- The effective account role: the override where there is one, else the user's own.
    account_role      TEXT COLLATE "C" NOT NULL CHECK (account_role IN (
        'server_administrator', 'administrator', 'user_admin', 'it_admin', 'organization_creator',
        'analyst', 'developer', 'user', 'client', 'support')),
    role_override     TEXT COLLATE "C" CHECK (role_override <> 'server_administrator'),
    enabled           BOOLEAN NOT NULL DEFAULT TRUE,
    validated_at      BIGINT,
    -- What enabled, validated_at and the user's disabled_at come to; kept so that lists and seats can be indexed.
    state             TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'invited', 'disabled')),
    -- End of the open invitation while state is 'invited', else 0.
    invited_until     BIGINT NOT NULL DEFAULT 0,
    -- Copies of the user's sort keys, for keyset paging inside one organization.
    name_key          TEXT COLLATE "C" NOT NULL,
    email_key         TEXT COLLATE "C" NOT NULL,
    last_login_at     BIGINT NOT NULL DEFAULT 0,
    mail_failed       BOOLEAN NOT NULL DEFAULT FALSE,
    support_request   TEXT COLLATE "C",
    ends_at           BIGINT,
    version           BIGINT NOT NULL DEFAULT 0,
    created_at        BIGINT NOT NULL,
    created_by_id     TEXT COLLATE "C",
    created_by_name   TEXT COLLATE "C" NOT NULL,
    changed_at        BIGINT NOT NULL,
    changed_by_id     TEXT COLLATE "C",
    changed_by_name   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, user_id)
);

CREATE INDEX memberships_of_user ON memberships (user_id);
-- The last columns of these two let a search too short for trigrams read the index alone.
CREATE INDEX memberships_by_name ON memberships (organization_id, name_key, user_id, email_key, kind);
CREATE INDEX memberships_by_email ON memberships (organization_id, email_key, user_id, name_key, kind);
CREATE INDEX memberships_by_state ON memberships (organization_id, state, name_key, user_id);
CREATE INDEX memberships_by_login ON memberships (organization_id, last_login_at, user_id);
CREATE INDEX memberships_by_creation ON memberships (organization_id, created_at, user_id);
CREATE INDEX memberships_by_role ON memberships (organization_id, account_role, user_id);
CREATE INDEX memberships_by_invitation ON memberships (organization_id, invited_until) WHERE invited_until > 0;
CREATE INDEX memberships_of_tokens ON memberships (organization_id, user_id) WHERE kind = 'token';
CREATE INDEX memberships_by_end ON memberships (ends_at) WHERE ends_at IS NOT NULL;

CREATE TABLE membership_counts (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    kind            TEXT COLLATE "C" NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    account_role    TEXT COLLATE "C" NOT NULL,
    people          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, kind, state, account_role)
);

CREATE FUNCTION count_memberships() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND old.kind = new.kind AND old.state = new.state AND old.account_role = new.account_role THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE membership_counts SET people = people - 1
        WHERE organization_id = old.organization_id AND kind = old.kind AND state = old.state
          AND account_role = old.account_role;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO membership_counts VALUES (new.organization_id, new.kind, new.state, new.account_role, 1)
        ON CONFLICT (organization_id, kind, state, account_role)
        DO UPDATE SET people = membership_counts.people + 1;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER membership_counts_change AFTER INSERT OR DELETE OR UPDATE OF kind, state, account_role ON memberships
FOR EACH ROW EXECUTE FUNCTION count_memberships();
