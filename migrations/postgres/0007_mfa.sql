-- The secret is sealed with the key file; state 'pending' until the first code is verified, one for each session that
-- is enrolling.
CREATE TABLE authenticators (
    user_id     TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    state       TEXT COLLATE "C" NOT NULL CHECK (state IN ('pending', 'active')),
    secret      BYTEA NOT NULL,
    -- The session that is enrolling, while pending; else empty.
    session_id  TEXT COLLATE "C" NOT NULL DEFAULT '',
    -- The time step of the last accepted code (RFC 6238 5.2).
    last_step   BIGINT NOT NULL DEFAULT 0,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (user_id, state, session_id),
    CHECK ((state = 'pending') = (session_id <> ''))
);

CREATE TABLE recovery_codes (
    user_id   TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    position  BIGINT NOT NULL,
    code      BYTEA NOT NULL,
    used_at   BIGINT,
    PRIMARY KEY (user_id, position)
);
