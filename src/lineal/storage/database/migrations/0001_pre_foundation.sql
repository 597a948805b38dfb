-- The first tables. One text for SQLite and PostgreSQL: ids are digests or ULIDs, times are milliseconds since 1970 UTC.
-- Values never change once written; rows that move carry a revision and are moved by compare-and-swap.

-- Every small value: runs, versions, dataset versions, cards, statements. The digest is that of the body.
CREATE TABLE object (
    digest      TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    size_bytes  BIGINT NOT NULL,
    body        TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);

-- Trees whose rows and bytes are here, with all that is below them.
CREATE TABLE node (
    digest      TEXT PRIMARY KEY,
    created_at  BIGINT NOT NULL
);

-- Which nodes a large tree consists of.
CREATE TABLE branch (
    parent  TEXT NOT NULL,
    child   TEXT NOT NULL,
    PRIMARY KEY (parent, child)
);
CREATE INDEX branch_child ON branch (child, parent);

-- Which node holds which bytes, so that "what holds these bytes?" is one look-up. Paths are in the node itself.
CREATE TABLE member (
    digest  TEXT NOT NULL,
    tree    TEXT NOT NULL
);
CREATE INDEX member_digest ON member (digest, tree);

-- Lineage: child came from parent. Nodes are digests of objects or of plain files.
CREATE TABLE edge (
    child   TEXT NOT NULL,
    parent  TEXT NOT NULL,
    role    TEXT NOT NULL,
    trust   TEXT NOT NULL,
    detail  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (child, parent, role)
);
CREATE INDEX edge_parent ON edge (parent, child);

-- Which dataset versions a model version came from, however far back: written once, at registration.
CREATE TABLE origin (
    version  TEXT NOT NULL,
    dataset  TEXT NOT NULL,
    PRIMARY KEY (version, dataset)
);
CREATE INDEX origin_dataset ON origin (dataset, version);

-- A run from its start; its object is written when it ends.
CREATE TABLE run (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    state        TEXT NOT NULL,
    command      TEXT NOT NULL,
    started_by   TEXT NOT NULL,
    host         TEXT NOT NULL,
    started_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    exit_status  BIGINT,
    digest       TEXT,
    revision     BIGINT NOT NULL
);
CREATE INDEX run_started ON run (started_at, id);
CREATE INDEX run_name ON run (name, started_at);
CREATE INDEX run_digest ON run (digest);

CREATE TABLE param (
    subject  TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    number   DOUBLE PRECISION,
    PRIMARY KEY (subject, key)
);
CREATE INDEX param_key ON param (key, number, subject);

-- The last value of each metric, of a run (its id) or a version (its digest): what search reads, and never the points.
CREATE TABLE metric_last (
    subject  TEXT NOT NULL,
    key      TEXT NOT NULL,
    value    DOUBLE PRECISION,
    word     TEXT,
    step     BIGINT NOT NULL,
    PRIMARY KEY (subject, key)
);
CREATE INDEX metric_last_key ON metric_last (key, value, subject);

-- Points, about a thousand a chunk, with the summary that charts need before they read any.
CREATE TABLE metric_chunk (
    run         TEXT NOT NULL,
    key         TEXT NOT NULL,
    sequence    BIGINT NOT NULL,
    first_step  BIGINT NOT NULL,
    last_step   BIGINT NOT NULL,
    count       BIGINT NOT NULL,
    minimum     DOUBLE PRECISION,
    maximum     DOUBLE PRECISION,
    total       DOUBLE PRECISION,
    last        DOUBLE PRECISION,
    points      TEXT NOT NULL,
    PRIMARY KEY (run, key, sequence)
);

CREATE TABLE dataset (
    name        TEXT NOT NULL,
    number      BIGINT NOT NULL,
    digest      TEXT NOT NULL,
    tree        TEXT NOT NULL,
    added_by    TEXT NOT NULL,
    message     TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (name, number)
);
CREATE INDEX dataset_digest ON dataset (digest);
CREATE INDEX dataset_tree ON dataset (tree);

-- last_number hands out version numbers: one row lock, so numbers never clash and never shift.
CREATE TABLE model (
    name         TEXT PRIMARY KEY,
    last_number  BIGINT NOT NULL,
    created_by   TEXT NOT NULL,
    created_at   BIGINT NOT NULL
);

CREATE TABLE version (
    model       TEXT NOT NULL REFERENCES model (name),
    number      BIGINT NOT NULL,
    digest      TEXT NOT NULL REFERENCES object (digest),
    major       BIGINT NOT NULL,
    minor       BIGINT NOT NULL,
    patch       BIGINT NOT NULL,
    stage       TEXT NOT NULL,
    card        TEXT NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    revision    BIGINT NOT NULL,
    PRIMARY KEY (model, number),
    UNIQUE (model, digest),
    UNIQUE (model, major, minor, patch)
);
CREATE INDEX version_digest ON version (digest);
CREATE INDEX version_stage ON version (model, stage);

CREATE TABLE alias (
    model     TEXT NOT NULL REFERENCES model (name),
    alias     TEXT NOT NULL,
    number    BIGINT NOT NULL,
    moved_by  TEXT NOT NULL,
    moved_at  BIGINT NOT NULL,
    revision  BIGINT NOT NULL,
    PRIMARY KEY (model, alias)
);

-- Where to find the statements about a digest; the sentence itself is an object.
CREATE TABLE statement (
    digest   TEXT PRIMARY KEY REFERENCES object (digest),
    subject  TEXT NOT NULL,
    kind     TEXT NOT NULL,
    made_by  TEXT NOT NULL,
    made_at  BIGINT NOT NULL
);
CREATE INDEX statement_subject ON statement (subject, kind, made_at);

-- desired is what was asked for; observed is what answered.
CREATE TABLE deployment (
    id           TEXT PRIMARY KEY,
    model        TEXT NOT NULL,
    number       BIGINT NOT NULL,
    environment  TEXT NOT NULL,
    target       TEXT NOT NULL,
    desired      TEXT NOT NULL,
    observed     TEXT,
    state        TEXT NOT NULL,
    endpoint     TEXT NOT NULL,
    handle       TEXT NOT NULL,
    previous     TEXT,
    started_by   TEXT NOT NULL,
    started_at   BIGINT NOT NULL,
    ended_at     BIGINT,
    requests     BIGINT NOT NULL,
    revision     BIGINT NOT NULL
);
CREATE INDEX deployment_place ON deployment (model, environment, started_at);

CREATE TABLE journal (
    sequence  BIGINT PRIMARY KEY,
    digest    TEXT NOT NULL,
    at        BIGINT NOT NULL,
    made_by   TEXT NOT NULL,
    operation TEXT NOT NULL,
    subject   TEXT NOT NULL,
    body      TEXT NOT NULL
);
CREATE INDEX journal_subject ON journal (subject, sequence);

-- The tail of the chain, in one row: its lock puts the acts of two writers in an order.
CREATE TABLE journal_head (
    id        BIGINT PRIMARY KEY,
    sequence  BIGINT NOT NULL,
    digest    TEXT
);
INSERT INTO journal_head (id, sequence, digest) VALUES (1, 0, NULL);

-- Answers to requests that carried an idempotency key: a retry gets the first answer.
CREATE TABLE answer (
    key        TEXT PRIMARY KEY,
    operation  TEXT NOT NULL,
    request    TEXT NOT NULL,
    response   TEXT NOT NULL,
    at         BIGINT NOT NULL
);
