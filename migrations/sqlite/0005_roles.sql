CREATE TABLE custom_roles (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    id              TEXT NOT NULL UNIQUE,
    name            TEXT NOT NULL,
    name_key        TEXT NOT NULL,
    description     TEXT NOT NULL DEFAULT '',
    version         INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    changed_at      INTEGER NOT NULL,
    changed_by_id   TEXT,
    changed_by_name TEXT NOT NULL,
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, name_key)
) STRICT;

-- A page without a row is "No access".
CREATE TABLE custom_role_levels (
    organization_id TEXT NOT NULL,
    role_id         TEXT NOT NULL,
    page            TEXT NOT NULL,
    level           TEXT NOT NULL CHECK (level IN ('view', 'edit', 'most', 'all')),
    PRIMARY KEY (organization_id, role_id, page),
    FOREIGN KEY (organization_id, role_id) REFERENCES custom_roles (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX custom_role_levels_by_page ON custom_role_levels (organization_id, page, level);

-- role_id is the key of an application role, or the id of a custom role, which then also stands in custom_role_id so
-- that the database itself refuses a role of another organization.
CREATE TABLE membership_roles (
    organization_id TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    role_id         TEXT NOT NULL,
    custom_role_id  TEXT CHECK (custom_role_id = role_id),
    PRIMARY KEY (organization_id, user_id, role_id),
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE,
    FOREIGN KEY (organization_id, custom_role_id) REFERENCES custom_roles (organization_id, id) ON DELETE CASCADE
) STRICT;

CREATE INDEX membership_roles_by_role ON membership_roles (organization_id, role_id, user_id);

CREATE TABLE role_counts (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    role_id         TEXT NOT NULL,
    people          INTEGER NOT NULL,
    PRIMARY KEY (organization_id, role_id)
) STRICT;

CREATE TRIGGER role_counts_insert AFTER INSERT ON membership_roles BEGIN
    INSERT INTO role_counts VALUES (new.organization_id, new.role_id, 1)
    ON CONFLICT (organization_id, role_id) DO UPDATE SET people = people + 1;
END;
CREATE TRIGGER role_counts_delete AFTER DELETE ON membership_roles BEGIN
    UPDATE role_counts SET people = people - 1
    WHERE organization_id = old.organization_id AND role_id = old.role_id;
END;
