CREATE TABLE invitations (
    organization_id TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    token_hash      BLOB NOT NULL UNIQUE,
    email_key       TEXT NOT NULL,
    sent_at         INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    sent_by_id      TEXT,
    sent_by_name    TEXT NOT NULL,
    PRIMARY KEY (organization_id, user_id),
    FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE
) STRICT;

-- The link of a user who was made in no organization, until they have activated.
CREATE TABLE account_invitations (
    user_id    TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE,
    email_key  TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
