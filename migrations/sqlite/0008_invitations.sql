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
