-- What keeps a version from being removed, because a person placed it (legal); released_at is NULL while it holds. Every
-- version that ever stood in production is held without a row: one of kind production is there once that was released.
CREATE TABLE hold (
    id                TEXT PRIMARY KEY,
    model             TEXT NOT NULL,
    number            BIGINT NOT NULL,
    kind              TEXT NOT NULL CHECK (kind IN ('production', 'legal')),
    reason            TEXT NOT NULL,
    placed_by         TEXT NOT NULL,
    placed_at         BIGINT NOT NULL,
    released_by       TEXT,
    released_at       BIGINT,
    released_because  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX hold_version ON hold (model, number);

-- What is left of a version that was removed: that it was, what it was, and who removed it why.
CREATE TABLE removed_version (
    model       TEXT NOT NULL,
    number      BIGINT NOT NULL,
    digest      TEXT NOT NULL,
    major       BIGINT NOT NULL,
    minor       BIGINT NOT NULL,
    patch       BIGINT NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    removed_by  TEXT NOT NULL,
    removed_at  BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    PRIMARY KEY (model, number)
);

-- Moves that are to be made at a time: versions is a list of references, in JSON. All of a move is made, or nothing.
CREATE TABLE planned_move (
    id          TEXT PRIMARY KEY,
    versions    TEXT NOT NULL,
    stage       TEXT NOT NULL,
    due_at      BIGINT NOT NULL,
    force       BIGINT NOT NULL,
    reason      TEXT NOT NULL,
    planned_by  TEXT NOT NULL,
    planned_at  BIGINT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('planned', 'made', 'refused', 'cancelled')),
    detail      TEXT NOT NULL DEFAULT '',
    ended_at    BIGINT,
    revision    BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX planned_move_due ON planned_move (due_at) WHERE state = 'planned';

-- How messages are written: as MLflow's, by Standard Webhooks, or as CloudEvents.
ALTER TABLE webhook ADD COLUMN format TEXT NOT NULL DEFAULT 'mlflow';
