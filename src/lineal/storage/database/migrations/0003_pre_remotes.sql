-- Remotes: places that hold copies of bytes, by name. Options are a JSON object of texts; who we are to a place is in
-- the environment of whoever asks, never here.
CREATE TABLE remote (
    name        TEXT PRIMARY KEY,
    url         TEXT NOT NULL,
    options     TEXT NOT NULL,
    is_default  BIGINT NOT NULL,
    added_by    TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    revision    BIGINT NOT NULL
);
