CREATE TABLE memberships (
    organization_id   TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id           TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- 'token' for the robot user of an API token; it and 'support' take no seat.
    kind              TEXT NOT NULL CHECK (kind IN ('person', 'token', 'support')),
    -- The effective account role: the override where there is one, else the user's own.
    account_role      TEXT NOT NULL CHECK (account_role IN (
        'server_administrator', 'administrator', 'user_admin', 'it_admin', 'organization_creator',
        'analyst', 'developer', 'user', 'client', 'support')),
    role_override     TEXT CHECK (role_override <> 'server_administrator'),
    enabled           INTEGER NOT NULL DEFAULT 1,
    validated_at      INTEGER,
    -- What enabled, validated_at and the user's disabled_at come to; kept so that lists and seats can be indexed.
    state             TEXT NOT NULL CHECK (state IN ('active', 'invited', 'disabled')),
    -- End of the open invitation while state is 'invited', else 0.
    invited_until     INTEGER NOT NULL DEFAULT 0,
    -- Copies of the user's sort keys, for keyset paging inside one organization.
    name_key          TEXT NOT NULL,
    email_key         TEXT NOT NULL,
    last_login_at     INTEGER NOT NULL DEFAULT 0,
    mail_failed       INTEGER NOT NULL DEFAULT 0,
    support_request   TEXT,
    ends_at           INTEGER,
    version           INTEGER NOT NULL DEFAULT 0,
    created_at        INTEGER NOT NULL,
    created_by_id     TEXT,
    created_by_name   TEXT NOT NULL,
    changed_at        INTEGER NOT NULL,
    changed_by_id     TEXT,
    changed_by_name   TEXT NOT NULL,
    PRIMARY KEY (organization_id, user_id)
) STRICT;

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
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    kind            TEXT NOT NULL,
    state           TEXT NOT NULL,
    account_role    TEXT NOT NULL,
    people          INTEGER NOT NULL,
    PRIMARY KEY (organization_id, kind, state, account_role)
) STRICT;

CREATE TRIGGER membership_counts_insert AFTER INSERT ON memberships BEGIN
    INSERT INTO membership_counts VALUES (new.organization_id, new.kind, new.state, new.account_role, 1)
    ON CONFLICT (organization_id, kind, state, account_role) DO UPDATE SET people = people + 1;
END;
CREATE TRIGGER membership_counts_delete AFTER DELETE ON memberships BEGIN
    UPDATE membership_counts SET people = people - 1
    WHERE organization_id = old.organization_id AND kind = old.kind AND state = old.state
      AND account_role = old.account_role;
END;
CREATE TRIGGER membership_counts_update AFTER UPDATE OF kind, state, account_role ON memberships
WHEN old.kind <> new.kind OR old.state <> new.state OR old.account_role <> new.account_role BEGIN
    UPDATE membership_counts SET people = people - 1
    WHERE organization_id = old.organization_id AND kind = old.kind AND state = old.state
      AND account_role = old.account_role;
    INSERT INTO membership_counts VALUES (new.organization_id, new.kind, new.state, new.account_role, 1)
    ON CONFLICT (organization_id, kind, state, account_role) DO UPDATE SET people = people + 1;
END;
