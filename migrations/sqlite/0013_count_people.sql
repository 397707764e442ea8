-- People everywhere are counted without reading their rows, and those in a tenant less the few who are disabled.
CREATE INDEX people_by_role ON users (account_role) WHERE kind = 'person' AND disabled_at IS NULL;
CREATE INDEX people_disabled ON users (id) WHERE disabled_at IS NOT NULL;
