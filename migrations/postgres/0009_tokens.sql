-- organization_id is null for a global token.
CREATE TABLE api_tokens (
    id                TEXT COLLATE "C" PRIMARY KEY,
    organization_id   TEXT COLLATE "C" REFERENCES organizations (id) ON DELETE CASCADE,
    user_id           TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES users (id),
    name              TEXT COLLATE "C" NOT NULL,
    name_key          TEXT COLLATE "C" NOT NULL,
    secret_hash       BYTEA NOT NULL,
    partial           TEXT COLLATE "C" NOT NULL,
    expires_at        BIGINT NOT NULL,
    version           BIGINT NOT NULL DEFAULT 0,
    last_used_at      BIGINT,
    last_used_address TEXT COLLATE "C",
    created_at        BIGINT NOT NULL,
    created_by_id     TEXT COLLATE "C",
    created_by_name   TEXT COLLATE "C" NOT NULL,
    changed_at        BIGINT NOT NULL,
    changed_by_id     TEXT COLLATE "C",
    changed_by_name   TEXT COLLATE "C" NOT NULL
);

CREATE UNIQUE INDEX api_tokens_by_name ON api_tokens (organization_id, name_key) WHERE organization_id IS NOT NULL;
CREATE UNIQUE INDEX global_tokens_by_name ON api_tokens (name_key) WHERE organization_id IS NULL;

CREATE TABLE api_token_permissions (
    token_id   TEXT COLLATE "C" NOT NULL REFERENCES api_tokens (id) ON DELETE CASCADE,
    permission TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (token_id, permission)
);

CREATE TABLE api_token_addresses (
    token_id TEXT COLLATE "C" NOT NULL REFERENCES api_tokens (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    network  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (token_id, position)
);

-- The hourly budget of writes through the APIs, per organization.
CREATE TABLE api_write_windows (
    organization_id TEXT COLLATE "C" PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    opened_at       BIGINT NOT NULL,
    used            BIGINT NOT NULL
);

-- Requests of one client address to the APIs, in the window that its first one opened.
CREATE TABLE api_visits (
    address   TEXT COLLATE "C" PRIMARY KEY,
    opened_at BIGINT NOT NULL,
    calls     BIGINT NOT NULL
);
