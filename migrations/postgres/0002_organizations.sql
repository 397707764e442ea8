CREATE TABLE organizations (
    id            TEXT COLLATE "C" PRIMARY KEY,
    slug          TEXT COLLATE "C" NOT NULL UNIQUE,
    name          TEXT COLLATE "C" NOT NULL,
    name_key      TEXT COLLATE "C" NOT NULL UNIQUE,
    description   TEXT COLLATE "C" NOT NULL DEFAULT '',
    time_zone     TEXT COLLATE "C" NOT NULL DEFAULT 'UTC',
    mfa_required  BOOLEAN NOT NULL DEFAULT FALSE,
    government    BOOLEAN NOT NULL DEFAULT FALSE,
    user_limit    BIGINT CHECK (user_limit >= 1),
    analyst_limit BIGINT CHECK (analyst_limit >= 1),
    case_limit    BIGINT,
    expires_at    BIGINT,
    disabled_at   BIGINT,
    version       BIGINT NOT NULL DEFAULT 0,
    created_at    BIGINT NOT NULL
);

-- Workspace is always provisioned and therefore never listed here.
CREATE TABLE organization_applications (
    organization_id TEXT COLLATE "C" NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    application     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, application)
);
