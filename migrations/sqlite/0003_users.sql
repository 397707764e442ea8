CREATE TABLE users (
    number                INTEGER PRIMARY KEY,
    id                    TEXT NOT NULL UNIQUE,
    kind                  TEXT NOT NULL CHECK (kind IN ('person', 'token')),
    email                 TEXT NOT NULL,
    email_key             TEXT NOT NULL UNIQUE,
    -- Keyed hash of email_key; leads to the sign_in_attempts of the address.
    address_hash          BLOB NOT NULL,
    display_name          TEXT NOT NULL DEFAULT '',
    first_name            TEXT,
    last_name             TEXT,
    -- Case-folded, for the v1 query language.
    first_key             TEXT,
    last_key              TEXT,
    -- Case-folded name and address, for the substring search.
    search_text           TEXT NOT NULL,
    account_role          TEXT NOT NULL DEFAULT 'user' CHECK (account_role IN (
        'server_administrator', 'administrator', 'user_admin', 'it_admin', 'organization_creator',
        'analyst', 'developer', 'user', 'client', 'support')),
    password_hash         TEXT,
    -- Set while the password in force is a temporary one.
    password_expires_at   INTEGER,
    -- When the user last chose a password of their own.
    password_changed_at   INTEGER,
    activated_at          INTEGER,
    disabled_at           INTEGER,
    service_account       INTEGER NOT NULL DEFAULT 0,
    home_organization_id  TEXT REFERENCES organizations (id),
    -- Sessions carry the epoch they began in; raising it ends them all.
    session_epoch         INTEGER NOT NULL DEFAULT 0,
    last_login_at         INTEGER NOT NULL DEFAULT 0,
    theme                 TEXT CHECK (theme IN ('light', 'dark')),
    rows_per_page         INTEGER,
    created_at            INTEGER NOT NULL
) STRICT;

CREATE INDEX users_by_address_hash ON users (address_hash);
CREATE INDEX users_by_home ON users (home_organization_id) WHERE home_organization_id IS NOT NULL;
CREATE INDEX server_administrators ON users (account_role) WHERE account_role = 'server_administrator';

CREATE VIRTUAL TABLE user_search USING fts5 (
    search_text, content = 'users', content_rowid = 'number',
    tokenize = 'trigram case_sensitive 1', detail = 'none');

CREATE TRIGGER user_search_insert AFTER INSERT ON users BEGIN
    INSERT INTO user_search (rowid, search_text) VALUES (new.number, new.search_text);
END;
CREATE TRIGGER user_search_delete AFTER DELETE ON users BEGIN
    INSERT INTO user_search (user_search, rowid, search_text) VALUES ('delete', old.number, old.search_text);
END;
CREATE TRIGGER user_search_update AFTER UPDATE OF search_text ON users
WHEN old.search_text <> new.search_text BEGIN
    INSERT INTO user_search (user_search, rowid, search_text) VALUES ('delete', old.number, old.search_text);
    INSERT INTO user_search (rowid, search_text) VALUES (new.number, new.search_text);
END;
