CREATE TABLE custom_roles (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    name            TEXT COLLATE "C" NOT NULL,
    name_key        TEXT COLLATE "C" NOT NULL,
    description     TEXT COLLATE "C" NOT NULL DEFAULT '',
    version         BIGINT NOT NULL DEFAULT 0,
    created_at      BIGINT NOT NULL,
    changed_at      BIGINT NOT NULL,
    changed_by_id   TEXT COLLATE "C",
    changed_by_name TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name_key)
);

-- A page without a row is "No access".
CREATE TABLE custom_role_levels (
    organization_id TEXT COLLATE "C" NOT NULL,
    role_id         TEXT COLLATE "C" NOT NULL,
    page            TEXT COLLATE "C" NOT NULL,
    level           TEXT COLLATE "C" NOT NULL CHECK (level IN ('view', 'edit', 'most', 'all')),
    PRIMARY KEY (organization_id, role_id, page),
    FOREIGN KEY (organization_id, role_id) REFERENCES custom_roles (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX custom_role_levels_by_page ON custom_role_levels (organization_id, page, level);

-- role_id is the key of an application role, or the id of a custom role, which then also stands in custom_role_id so
-- that the database itself refuses a role of another organization.
CREATE TABLE membership_roles (
    organization_id TEXT COLLATE "C" NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    role_id         TEXT COLLATE "C" NOT NULL,
    custom_role_id  TEXT COLLATE "C" CHECK (custom_role_id = role_id),
    PRIMARY KEY (organization_id, user_id, role_id),
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, custom_role_id) REFERENCES custom_roles (organization_id, id) ON DELETE CASCADE
);

CREATE INDEX membership_roles_by_role ON membership_roles (organization_id, role_id, user_id);

CREATE TABLE role_counts (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    role_id         TEXT COLLATE "C" NOT NULL,
    people          BIGINT NOT NULL,
    PRIMARY KEY (organization_id, role_id)
);

CREATE FUNCTION count_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE role_counts SET people = people - 1
        WHERE organization_id = old.organization_id AND role_id = old.role_id;
    ELSE
        INSERT INTO role_counts VALUES (new.organization_id, new.role_id, 1)
        ON CONFLICT (organization_id, role_id) DO UPDATE SET people = role_counts.people + 1;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER role_counts_change AFTER INSERT OR DELETE ON membership_roles
FOR EACH ROW EXECUTE FUNCTION count_roles();
