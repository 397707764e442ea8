-- People everywhere are counted without reading their rows, and those in a tenant less the few who are disabled.
CREATE INDEX people_by_role ON users (account_role) WHERE kind = 'person' AND disabled_at IS NULL;
CREATE INDEX people_disabled ON users (id) WHERE disabled_at IS NOT NULL;

-- Invitations that have ended are counted by the day they end on, so that the list need not look at each.
CREATE TABLE invitation_ends (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    -- invited_until in units of 86,400,000,000 microseconds.
    day             BIGINT NOT NULL,
    people          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, day)
);

INSERT INTO invitation_ends
SELECT organization_id, invited_until / 86400000000, count(*) FROM memberships WHERE invited_until > 0 GROUP BY 1, 2;

CREATE FUNCTION count_invitation_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND old.invited_until = new.invited_until THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' AND old.invited_until > 0 THEN
        UPDATE invitation_ends SET people = people - 1
        WHERE organization_id = old.organization_id AND day = old.invited_until / 86400000000;
    END IF;
    IF TG_OP <> 'DELETE' AND new.invited_until > 0 THEN
        INSERT INTO invitation_ends VALUES (new.organization_id, new.invited_until / 86400000000, 1)
        ON CONFLICT (organization_id, day) DO UPDATE SET people = invitation_ends.people + 1;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER invitation_ends_change AFTER INSERT OR DELETE OR UPDATE OF invited_until ON memberships
FOR EACH ROW EXECUTE FUNCTION count_invitation_ends();
