CREATE TABLE organizations (
    id            TEXT PRIMARY KEY,
    slug          TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    name_key      TEXT NOT NULL UNIQUE,
    description   TEXT NOT NULL DEFAULT '',
    time_zone     TEXT NOT NULL DEFAULT 'UTC',
    mfa_required  INTEGER NOT NULL DEFAULT 0,
    government    INTEGER NOT NULL DEFAULT 0,
    user_limit    INTEGER CHECK (user_limit >= 1),
    analyst_limit INTEGER CHECK (analyst_limit >= 1),
    case_limit    INTEGER,
    expires_at    INTEGER,
    disabled_at   INTEGER,
    version       INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL
) STRICT;

-- Workspace is always provisioned and therefore never listed here.
CREATE TABLE organization_applications (
    organization_id TEXT NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    application     TEXT NOT NULL,
    PRIMARY KEY (organization_id, application)
) STRICT;
