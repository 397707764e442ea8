-- One row per login address that ever failed, whether or not somebody has it.
CREATE TABLE sign_in_attempts (
    address_hash    BYTEA PRIMARY KEY,
    failures        BIGINT NOT NULL DEFAULT 0,
    last_failure_at BIGINT,
    locked_until    BIGINT NOT NULL DEFAULT 0,
    -- Keyed hash of the last refused login form, by which its double click is known.
    last_form       BYTEA
);

CREATE INDEX sign_in_attempts_locked ON sign_in_attempts (locked_until) WHERE locked_until > 0;

CREATE TABLE sign_ins (
    id              TEXT COLLATE "C" PRIMARY KEY,
    user_id         TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id TEXT COLLATE "C" REFERENCES organizations (id) ON DELETE SET NULL,
    at              BIGINT NOT NULL,
    address         TEXT COLLATE "C" NOT NULL,
    device          TEXT COLLATE "C" NOT NULL,
    result          TEXT COLLATE "C" NOT NULL
);

CREATE INDEX sign_ins_of_user ON sign_ins (user_id, at);
CREATE INDEX sign_ins_of_member ON sign_ins (organization_id, user_id, at);

-- Distinct accounts tried by one client address in the current window.
CREATE TABLE sign_in_throttle (
    address      TEXT COLLATE "C" NOT NULL,
    window_start BIGINT NOT NULL,
    account_hash BYTEA NOT NULL,
    PRIMARY KEY (address, window_start, account_hash)
);

CREATE TABLE sessions (
    id_hash         BYTEA PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    user_id         TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id TEXT COLLATE "C" REFERENCES organizations (id) ON DELETE SET NULL,
    stage           TEXT COLLATE "C" NOT NULL CHECK (stage IN ('code', 'enroll', 'full')),
    epoch           BIGINT NOT NULL,
    signed_in_at    BIGINT NOT NULL,
    last_active_at  BIGINT NOT NULL,
    address         TEXT COLLATE "C" NOT NULL,
    device          TEXT COLLATE "C" NOT NULL,
    extras          TEXT COLLATE "C" NOT NULL
);

CREATE INDEX sessions_of_user ON sessions (user_id, last_active_at);
CREATE INDEX sessions_by_activity ON sessions (last_active_at);

-- Why a session is no more, for as long as its cookie may still turn up.
CREATE TABLE ended_sessions (
    id_hash  BYTEA PRIMARY KEY,
    reason   TEXT COLLATE "C" NOT NULL CHECK (reason IN ('idle', 'ended', 'email')),
    ended_at BIGINT NOT NULL
);

CREATE INDEX ended_sessions_by_time ON ended_sessions (ended_at);

-- What the next page is to tell somebody who is not signed in. Most of them have a cookie and no row.
CREATE TABLE anonymous_sessions (
    id_hash    BYTEA PRIMARY KEY,
    extras     TEXT COLLATE "C" NOT NULL,
    written_at BIGINT NOT NULL
);

CREATE INDEX anonymous_sessions_by_time ON anonymous_sessions (written_at);

CREATE TABLE password_resets (
    token_hash  BYTEA PRIMARY KEY,
    user_id     TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    email_key   TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    -- A used link stays until it expires: it counts for how often one may be asked for.
    used_at     BIGINT
);

CREATE UNIQUE INDEX password_resets_of_user ON password_resets (user_id);

CREATE TABLE email_changes (
    token_hash  BYTEA PRIMARY KEY,
    user_id     TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    old_key     TEXT COLLATE "C" NOT NULL,
    new_email   TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);

CREATE UNIQUE INDEX email_changes_of_user ON email_changes (user_id);
