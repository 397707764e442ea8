-- One row per named secret or fact of the whole installation, such as the sealed data keys.
CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
