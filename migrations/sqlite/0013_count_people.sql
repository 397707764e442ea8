-- People everywhere are counted without reading their rows, and those in a tenant less the few who are disabled.
CREATE INDEX people_by_role ON users (account_role) WHERE kind = 'person' AND disabled_at IS NULL;
CREATE INDEX people_disabled ON users (id) WHERE disabled_at IS NOT NULL;

-- Invitations that have ended are counted by the day they end on, so that the list need not look at each.
CREATE TABLE invitation_ends (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- invited_until in units of 86,400,000,000 microseconds.
    day             INTEGER NOT NULL,
    people          INTEGER NOT NULL,
    PRIMARY KEY (organization_id, day)
) STRICT;

INSERT INTO invitation_ends
SELECT organization_id, invited_until / 86400000000, count(*) FROM memberships WHERE invited_until > 0 GROUP BY 1, 2;

CREATE TRIGGER invitation_ends_insert AFTER INSERT ON memberships WHEN new.invited_until > 0 BEGIN
    INSERT INTO invitation_ends VALUES (new.organization_id, new.invited_until / 86400000000, 1)
    ON CONFLICT (organization_id, day) DO UPDATE SET people = people + 1;
END;
CREATE TRIGGER invitation_ends_delete AFTER DELETE ON memberships WHEN old.invited_until > 0 BEGIN
    UPDATE invitation_ends SET people = people - 1
    WHERE organization_id = old.organization_id AND day = old.invited_until / 86400000000;
END;
CREATE TRIGGER invitation_ends_update AFTER UPDATE OF invited_until ON memberships
WHEN old.invited_until <> new.invited_until BEGIN
    UPDATE invitation_ends SET people = people - 1
    WHERE old.invited_until > 0 AND organization_id = old.organization_id
      AND day = old.invited_until / 86400000000;
    INSERT INTO invitation_ends
    SELECT new.organization_id, new.invited_until / 86400000000, 1 WHERE new.invited_until > 0
    ON CONFLICT (organization_id, day) DO UPDATE SET people = people + 1;
END;
