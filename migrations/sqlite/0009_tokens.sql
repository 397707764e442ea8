-- organization_id is null for a global token.
CREATE TABLE api_tokens (
    id                TEXT PRIMARY KEY,
    organization_id   TEXT REFERENCES organizations (id) ON DELETE CASCADE,
    user_id           TEXT NOT NULL UNIQUE REFERENCES users (id),
    name              TEXT NOT NULL,
    name_key          TEXT NOT NULL,
    secret_hash       BLOB NOT NULL,
    partial           TEXT NOT NULL,
    expires_at        INTEGER NOT NULL,
    version           INTEGER NOT NULL DEFAULT 0,
    last_used_at      INTEGER,
    last_used_address TEXT,
    created_at        INTEGER NOT NULL,
    created_by_id     TEXT,
    created_by_name   TEXT NOT NULL,
    changed_at        INTEGER NOT NULL,
    changed_by_id     TEXT,
    changed_by_name   TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX api_tokens_by_name ON api_tokens (organization_id, name_key) WHERE organization_id IS NOT NULL;
CREATE UNIQUE INDEX global_tokens_by_name ON api_tokens (name_key) WHERE organization_id IS NULL;

CREATE TABLE api_token_permissions (
    token_id   TEXT NOT NULL REFERENCES api_tokens (id) ON DELETE CASCADE,
    permission TEXT NOT NULL,
    PRIMARY KEY (token_id, permission)
) STRICT;

CREATE TABLE api_token_addresses (
    token_id TEXT NOT NULL REFERENCES api_tokens (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    network  TEXT NOT NULL,
    PRIMARY KEY (token_id, position)
) STRICT;

-- The hourly budget of writes through the APIs, per organization.
CREATE TABLE api_write_windows (
    organization_id TEXT PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    opened_at       INTEGER NOT NULL,
    used            INTEGER NOT NULL
) STRICT;

-- Requests of one client address to the APIs, in the window that its first one opened.
CREATE TABLE api_visits (
    address   TEXT PRIMARY KEY,
    opened_at INTEGER NOT NULL,
    calls     INTEGER NOT NULL
) STRICT;
