-- What searches find runs and versions by besides their metrics, parameters and tags.

-- What a run ran with, and a version was made with. subject is the id of a run or the digest of a version. packages is the
-- digest of a set of installed distributions, which many of them share; empty where nobody knows.
CREATE TABLE made_with (
    subject      TEXT PRIMARY KEY,
    commit_id    TEXT NOT NULL,
    branch       TEXT NOT NULL,
    entry_point  TEXT NOT NULL,
    packages     TEXT NOT NULL
);
CREATE INDEX made_with_commit ON made_with (commit_id, subject);
CREATE INDEX made_with_branch ON made_with (branch, subject);
CREATE INDEX made_with_packages ON made_with (packages, subject);

-- The distributions of each such set, and the interpreter as python. Names are those of the index: small letters, hyphens.
CREATE TABLE package (
    packages  TEXT NOT NULL,
    name      TEXT NOT NULL,
    version   TEXT NOT NULL,
    PRIMARY KEY (packages, name)
) WITHOUT ROWID;
CREATE INDEX package_name ON package (name, version, packages);

-- In which stage a version stood, and from when to when; until is NULL where it stands there now. revision is that of the
-- version when it came there.
CREATE TABLE stage_period (
    model     TEXT NOT NULL,
    number    BIGINT NOT NULL,
    revision  BIGINT NOT NULL,
    stage     TEXT NOT NULL,
    since     BIGINT NOT NULL,
    until     BIGINT,
    PRIMARY KEY (model, number, revision)
) WITHOUT ROWID;
CREATE INDEX stage_period_stage ON stage_period (stage, since, model, number);

-- Datasets by the name that programs gave them, in whatever experiment; versions from the newest.
CREATE INDEX named_dataset_by_name ON named_dataset (name, digest, id);
CREATE INDEX version_created ON version (created_at, model DESC, number);
