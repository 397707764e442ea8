-- The secret is sealed with the key file; state 'pending' until the first code is verified, one for each session that
-- is enrolling.
CREATE TABLE authenticators (
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    state       TEXT NOT NULL CHECK (state IN ('pending', 'active')),
    secret      BLOB NOT NULL,
    -- The session that is enrolling, while pending; else empty.
    session_id  TEXT NOT NULL DEFAULT '',
    -- The time step of the last accepted code (RFC 6238 5.2).
    last_step   INTEGER NOT NULL DEFAULT 0,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (user_id, state, session_id),
    CHECK ((state = 'pending') = (session_id <> ''))
) STRICT;

CREATE TABLE recovery_codes (
    user_id   TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    position  INTEGER NOT NULL,
    code      BLOB NOT NULL,
    used_at   INTEGER,
    PRIMARY KEY (user_id, position)
) STRICT;
