-- Runs that are told of while they go on: experiments, tags, points of metrics as they come, datasets that were named.
-- What is searched stands in tables of (key, value, subject); what a list shows of a run, in one row.

CREATE TABLE experiment (
    number             BIGINT PRIMARY KEY,
    name               TEXT NOT NULL UNIQUE,
    state              TEXT NOT NULL,
    artifact_location  TEXT NOT NULL,
    created_by         TEXT NOT NULL,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    revision           BIGINT NOT NULL
);
CREATE INDEX experiment_updated ON experiment (updated_at, number);
INSERT INTO experiment (number, name, state, artifact_location, created_by, created_at, updated_at, revision)
    VALUES (0, 'Default', 'active', '', '', 0, 0, 1);

-- The last number that was handed out of each kind: one row lock, so that none is handed out twice, or again.
CREATE TABLE counter (
    kind  TEXT PRIMARY KEY,
    last  BIGINT NOT NULL
);
INSERT INTO counter (kind, last) VALUES ('experiment', 0);

ALTER TABLE run ADD COLUMN experiment BIGINT NOT NULL DEFAULT 0;
ALTER TABLE run ADD COLUMN artifact_location TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN deleted_at BIGINT;
-- How many points of its metrics are in no chunk yet.
ALTER TABLE run ADD COLUMN recent_points BIGINT NOT NULL DEFAULT 0;
CREATE INDEX run_experiment ON run (experiment, started_at, id);

-- What a list shows of a run, ready to be sent: JSON arrays of its last metrics, params and tags. NULL where they are too
-- many to be written anew whenever one of them changes: then they are read from the tables below. inputs and outputs are
-- JSON objects of arrays: the datasets and models that it used, and the models that it made, as it told of them.
CREATE TABLE run_summary (
    run      TEXT PRIMARY KEY,
    metrics  TEXT,
    params   TEXT,
    tags     TEXT,
    inputs   TEXT DEFAULT '{}',
    outputs  TEXT DEFAULT '{}'
);

-- Tags of anything: of a run by its id, of an experiment by 'experiment:' and its number, of a model by 'model:' and its
-- name, of a version by 'version:', its model's name, '/' and its number.
CREATE TABLE tag (
    subject  TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    PRIMARY KEY (subject, key)
) WITHOUT ROWID;
-- No index holds a long text whole.
CREATE INDEX tag_value ON tag (key, (substr(value, 1, 255)), subject);

CREATE TABLE param_by_key (
    subject  TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    number   DOUBLE PRECISION,
    PRIMARY KEY (subject, key)
) WITHOUT ROWID;
INSERT INTO param_by_key (subject, key, value, number) SELECT subject, key, value, number FROM param;
DROP TABLE param;
ALTER TABLE param_by_key RENAME TO param;
CREATE INDEX param_key ON param (key, number, subject);
CREATE INDEX param_value ON param (key, (substr(value, 1, 255)), subject);

-- experiment is that of a run; a version has none. at is when the value was measured. An infinity is a value like others,
-- and is told by its word as well; NaN has no value. One database reads the word Infinity as a number, the other 9e999.
CREATE TABLE metric_last_by_key (
    subject     TEXT NOT NULL,
    key         TEXT NOT NULL,
    value       DOUBLE PRECISION,
    word        TEXT,
    step        BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    experiment  BIGINT,
    PRIMARY KEY (subject, key)
) WITHOUT ROWID;
INSERT INTO metric_last_by_key (subject, key, value, word, step, at, experiment)
    SELECT m.subject, m.key, CASE WHEN m.word IS NULL THEN m.value WHEN m.word = 'NaN' THEN NULL
        WHEN CAST(m.word AS DOUBLE PRECISION) <> 0 THEN CAST(m.word AS DOUBLE PRECISION)
        ELSE CAST(replace(m.word, 'Infinity', '9e999') AS DOUBLE PRECISION) END,
        m.word, m.step, COALESCE(r.ended_at, r.started_at, 0), r.experiment
    FROM metric_last m LEFT JOIN run r ON r.id = m.subject;
DROP TABLE metric_last;
ALTER TABLE metric_last_by_key RENAME TO metric_last;
CREATE INDEX metric_last_key ON metric_last (key, value, subject);
CREATE INDEX metric_last_experiment ON metric_last (experiment, key, value, subject);

-- Chunks in two tables: a chart reads their summaries, and none of the points. Steps and times are the least and the
-- greatest. samples: the first, least, greatest and last finite point as JSON, each [step, value, time]; empty where they
-- were never noted.
CREATE TABLE metric_points (
    run       TEXT NOT NULL,
    key       TEXT NOT NULL,
    sequence  BIGINT NOT NULL,
    points    TEXT NOT NULL,
    PRIMARY KEY (run, key, sequence)
);
INSERT INTO metric_points (run, key, sequence, points) SELECT run, key, sequence, points FROM metric_chunk;
CREATE TABLE metric_chunk_summary (
    run         TEXT NOT NULL,
    key         TEXT NOT NULL,
    sequence    BIGINT NOT NULL,
    first_step  BIGINT NOT NULL,
    last_step   BIGINT NOT NULL,
    first_at    BIGINT NOT NULL,
    last_at     BIGINT NOT NULL,
    count       BIGINT NOT NULL,
    minimum     DOUBLE PRECISION,
    maximum     DOUBLE PRECISION,
    total       DOUBLE PRECISION,
    last        DOUBLE PRECISION,
    samples     TEXT NOT NULL,
    PRIMARY KEY (run, key, sequence)
) WITHOUT ROWID;
INSERT INTO metric_chunk_summary
    (run, key, sequence, first_step, last_step, first_at, last_at, count, minimum, maximum, total, last, samples)
    SELECT run, key, sequence, first_step, last_step, 0, 9223372036854775807, count, minimum, maximum, total, last, ''
    FROM metric_chunk;
DROP TABLE metric_chunk;
ALTER TABLE metric_chunk_summary RENAME TO metric_chunk;

-- Points as they came, one row for each request, until there are enough for chunks.
CREATE TABLE metric_recent (
    run       TEXT NOT NULL,
    sequence  BIGINT NOT NULL,
    points    TEXT NOT NULL,
    PRIMARY KEY (run, sequence)
);

-- Datasets as a program called them, by what it said of them; which run used which, and as what. What one run used stands
-- in the order of position, the models that it used beside them; tags are a JSON array.
CREATE TABLE named_dataset (
    id           TEXT PRIMARY KEY,
    experiment   BIGINT NOT NULL,
    name         TEXT NOT NULL,
    digest       TEXT NOT NULL,
    source_type  TEXT NOT NULL,
    source       TEXT NOT NULL,
    schema       TEXT,
    profile      TEXT
);
CREATE INDEX named_dataset_name ON named_dataset (experiment, name, digest);
CREATE TABLE run_input (
    run       TEXT NOT NULL,
    kind      TEXT NOT NULL,
    input     TEXT NOT NULL,
    context   TEXT NOT NULL,
    tags      TEXT NOT NULL,
    position  BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (run, kind, input)
) WITHOUT ROWID;
CREATE INDEX run_input_input ON run_input (input, run);

-- Models that a run made, or made again at a later step.
CREATE TABLE run_output (
    run       TEXT NOT NULL,
    model     TEXT NOT NULL,
    step      BIGINT NOT NULL,
    position  BIGINT NOT NULL,
    PRIMARY KEY (run, model, step)
) WITHOUT ROWID;
CREATE INDEX run_output_model ON run_output (model, run);

-- Files that runs and logged models keep, by path; the bytes are in the store. subject is the id of a run, or 'logged:' and
-- that of a logged model. What is sealed can neither be replaced nor removed: a version was made of it.
CREATE TABLE artifact (
    subject     TEXT NOT NULL,
    path        TEXT NOT NULL,
    parent      TEXT NOT NULL,
    digest      TEXT NOT NULL,
    size_bytes  BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    sealed      BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (subject, path)
) WITHOUT ROWID;
CREATE INDEX artifact_parent ON artifact (subject, parent);
CREATE INDEX artifact_digest ON artifact (digest, subject);

-- A model that a program that works over MLflow's protocol made. renamed_to: the name that its versions went to. A name
-- keeps its row when it is deleted or renamed, so that no number is handed out twice.
ALTER TABLE model ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE model ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE model ADD COLUMN deleted_at BIGINT;
ALTER TABLE model ADD COLUMN renamed_to TEXT NOT NULL DEFAULT '';
UPDATE model SET updated_at =
    COALESCE((SELECT max(v.created_at) FROM version v WHERE v.model = model.name), model.created_at);
CREATE INDEX model_updated ON model (updated_at, name);

-- Several numbers may stand for the same bytes, for whoever registers them again asks for a number of its own.
-- source: what a program said of where the files were; location: where programs find them now; both empty for what was
-- registered by us. run, logged_model: what made it, by their ids. deleted_at: since when programs that speak MLflow's
-- protocol do not see it any more. subject: that of its tags.
CREATE TABLE version_of_model (
    model           TEXT NOT NULL REFERENCES model (name),
    number          BIGINT NOT NULL,
    digest          TEXT NOT NULL REFERENCES object (digest),
    major           BIGINT NOT NULL,
    minor           BIGINT NOT NULL,
    patch           BIGINT NOT NULL,
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
    UNIQUE (model, major, minor, patch)
);
INSERT INTO version_of_model
    (model, number, digest, major, minor, patch, stage, card, created_by, created_at, revision, updated_at, run)
    SELECT v.model, v.number, v.digest, v.major, v.minor, v.patch, v.stage, v.card, v.created_by, v.created_at, v.revision,
        v.created_at, (SELECT min(r.id) FROM edge e JOIN run r ON r.digest = e.parent
            WHERE e.child = v.digest AND e.role = 'made by')
    FROM version v;
DROP TABLE version;
ALTER TABLE version_of_model RENAME TO version;
CREATE INDEX version_digest ON version (digest);
CREATE INDEX version_stage ON version (model, stage, number);
-- The newest of each stage, and pages of those that are to be seen, are found without looking at any other.
CREATE INDEX version_latest ON version (model, stage, number) WHERE deleted_at IS NULL;
CREATE INDEX version_updated ON version (updated_at, model DESC, number) WHERE deleted_at IS NULL;
CREATE INDEX version_model_updated ON version (model, updated_at, number) WHERE deleted_at IS NULL;
CREATE INDEX version_run ON version (run);
CREATE INDEX version_source ON version (source);
CREATE INDEX version_subject ON version (subject);
CREATE INDEX alias_number ON alias (model, number);

-- Addresses that want to hear of acts. secret signs what is sent to them; nothing ever shows it.
CREATE TABLE webhook (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    description  TEXT NOT NULL,
    url          TEXT NOT NULL,
    events       TEXT NOT NULL,
    secret       TEXT NOT NULL,
    state        TEXT NOT NULL,
    created_by   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    revision     BIGINT NOT NULL
);
CREATE INDEX webhook_created ON webhook (created_at, id);

-- The outbox: what is to be sent, written in the transaction of the act that it tells of. due_at: when somebody should
-- send it, which for one that is being sent is when its sender must be dead; NULL when nothing is left to be done.
CREATE TABLE delivery (
    id             TEXT PRIMARY KEY,
    webhook        TEXT NOT NULL,
    event          TEXT NOT NULL,
    body           TEXT NOT NULL,
    state          TEXT NOT NULL,
    attempt_count  BIGINT NOT NULL,
    due_at         BIGINT,
    status         BIGINT,
    problem        TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    ended_at       BIGINT,
    revision       BIGINT NOT NULL
);
CREATE INDEX delivery_due ON delivery (due_at);
CREATE INDEX delivery_webhook_due ON delivery (webhook, due_at, id);
CREATE INDEX delivery_ended ON delivery (ended_at);

-- The directories in which those are, so that one level can be listed whatever is below it. No row for the topmost one,
-- whose path is empty.
CREATE TABLE artifact_directory (
    subject  TEXT NOT NULL,
    path     TEXT NOT NULL,
    parent   TEXT NOT NULL,
    PRIMARY KEY (subject, path)
) WITHOUT ROWID;
CREATE INDEX artifact_directory_parent ON artifact_directory (subject, parent);

-- What was sealed: a file, or a directory, to which nothing can be added either; an empty path is all there is.
CREATE TABLE artifact_seal (
    subject  TEXT NOT NULL,
    path     TEXT NOT NULL,
    PRIMARY KEY (subject, path)
) WITHOUT ROWID;

-- Models that programs logged: a place for files with metrics, params and tags of its own, which are known by its id. run
-- is that which made it, as the program called it.
CREATE TABLE logged_model (
    id                 TEXT PRIMARY KEY,
    experiment         BIGINT NOT NULL,
    name               TEXT NOT NULL,
    model_type         TEXT NOT NULL,
    status             TEXT NOT NULL,
    run                TEXT,
    artifact_location  TEXT NOT NULL,
    created_by         TEXT NOT NULL,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT NOT NULL,
    deleted_at         BIGINT
);
CREATE INDEX logged_model_experiment ON logged_model (experiment, created_at, id);
CREATE INDEX logged_model_run ON logged_model (run);

-- The last value of each metric of a logged model: as each run measured it, on each dataset.
CREATE TABLE logged_metric (
    model           TEXT NOT NULL,
    key             TEXT NOT NULL,
    dataset_name    TEXT NOT NULL,
    dataset_digest  TEXT NOT NULL,
    run             TEXT NOT NULL,
    value           DOUBLE PRECISION,
    word            TEXT,
    step            BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    PRIMARY KEY (model, key, dataset_name, dataset_digest, run)
) WITHOUT ROWID;

-- What this repository signs with, by what for; made when it is first needed.
CREATE TABLE secret (
    purpose  TEXT PRIMARY KEY,
    value    TEXT NOT NULL
);
