-- Pre-releases: pre is what stands behind the hyphen of a semantic version, empty for a release. pre_order puts texts in the
-- order of semver.org's precedence in every database and locale; that of a release, g, comes last. A number that was
-- released and its pre-releases may stand beside each other, so the table is made anew with pre in its key.
CREATE TABLE version_with_pre (
    model           TEXT NOT NULL REFERENCES model (name),
    number          BIGINT NOT NULL,
    digest          TEXT NOT NULL REFERENCES object (digest),
    major           BIGINT NOT NULL,
    minor           BIGINT NOT NULL,
    patch           BIGINT NOT NULL,
    pre             TEXT NOT NULL DEFAULT '',
    pre_order       TEXT NOT NULL DEFAULT 'g',
    stage           TEXT NOT NULL,
    card            TEXT NOT NULL,
    created_by      TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    revision        BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL DEFAULT 0,
    description     TEXT NOT NULL DEFAULT '',
    source          TEXT NOT NULL DEFAULT '',
    location        TEXT NOT NULL DEFAULT '',
    run             TEXT,
    run_link        TEXT NOT NULL DEFAULT '',
    logged_model    TEXT NOT NULL DEFAULT '',
    status          TEXT NOT NULL DEFAULT 'ready',
    status_message  TEXT NOT NULL DEFAULT '',
    deleted_at      BIGINT,
    subject         TEXT NOT NULL GENERATED ALWAYS AS ('version:' || model || '/' || CAST(number AS TEXT)) STORED,
    PRIMARY KEY (model, number),
    UNIQUE (model, major, minor, patch, pre)
);
INSERT INTO version_with_pre
    (model, number, digest, major, minor, patch, stage, card, created_by, created_at, revision, updated_at, description,
        source, location, run, run_link, logged_model, status, status_message, deleted_at)
    SELECT model, number, digest, major, minor, patch, stage, card, created_by, created_at, revision, updated_at, description,
        source, location, run, run_link, logged_model, status, status_message, deleted_at
    FROM version;
DROP TABLE version;
ALTER TABLE version_with_pre RENAME TO version;
CREATE INDEX version_digest ON version (digest);
CREATE INDEX version_stage ON version (model, stage, number);
CREATE INDEX version_latest ON version (model, stage, number) WHERE deleted_at IS NULL;
CREATE INDEX version_updated ON version (updated_at, model DESC, number) WHERE deleted_at IS NULL;
CREATE INDEX version_model_updated ON version (model, updated_at, number) WHERE deleted_at IS NULL;
CREATE INDEX version_run ON version (run);
CREATE INDEX version_source ON version (source);
CREATE INDEX version_subject ON version (subject);
CREATE INDEX version_created ON version (created_at, model DESC, number);

ALTER TABLE removed_version ADD COLUMN pre TEXT NOT NULL DEFAULT '';
