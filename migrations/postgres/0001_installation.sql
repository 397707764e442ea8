-- One row per named secret or fact of the whole installation, such as the sealed data keys.
CREATE TABLE installation (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value BYTEA NOT NULL
);

-- A list bound as one JSON parameter, under the name SQLite gives it, so that both databases take the same statement.
CREATE FUNCTION json_each(list TEXT) RETURNS TABLE (value TEXT)
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT json_array_elements_text(list::json)';
