CREATE TABLE invitations (
    organization_id TEXT COLLATE "C" NOT NULL,
    user_id         TEXT COLLATE "C" NOT NULL,
    token_hash      BYTEA NOT NULL UNIQUE,
    email_key       TEXT COLLATE "C" NOT NULL,
    sent_at         BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    sent_by_id      TEXT COLLATE "C",
    sent_by_name    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organization_id, user_id),
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE
);

-- The link of a user who was made in no organization, until they have activated.
CREATE TABLE account_invitations (
    user_id    TEXT COLLATE "C" PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    token_hash BYTEA NOT NULL UNIQUE,
    email_key  TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT NOT NULL
);
