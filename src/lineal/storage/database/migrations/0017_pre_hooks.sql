-- The secret that a webhook had before the one that it has now, and until when what is sent is signed with it too.
ALTER TABLE webhook ADD COLUMN previous_secret TEXT NOT NULL DEFAULT '';
ALTER TABLE webhook ADD COLUMN previous_until BIGINT NOT NULL DEFAULT 0;

-- What the registry and its record in Git last agreed on, for each model: the text of its file. A branch that says
-- something else asks for a move.
CREATE TABLE git_record (
    model       TEXT PRIMARY KEY,
    body        TEXT NOT NULL,
    written_at  BIGINT NOT NULL
);
