-- What runs read and wrote elsewhere than in files, and which datasets refer to the same.

-- Each state of an object that a run used. node is its address, '@' and its version, or ETag, or digest: what edges name.
CREATE TABLE object_used (
    node        TEXT PRIMARY KEY,
    uri         TEXT NOT NULL,
    version     TEXT NOT NULL,
    etag        TEXT NOT NULL,
    digest      TEXT NOT NULL,
    endpoint    TEXT NOT NULL,
    size_bytes  BIGINT
);
CREATE INDEX object_used_uri ON object_used (uri);

-- Each state of an object that a dataset version refers to.
CREATE TABLE object_pinned (
    dataset   TEXT NOT NULL,
    uri       TEXT NOT NULL,
    version   TEXT NOT NULL,
    etag      TEXT NOT NULL,
    digest    TEXT NOT NULL,
    endpoint  TEXT NOT NULL,
    PRIMARY KEY (dataset, uri)
);
CREATE INDEX object_pinned_uri ON object_pinned (uri);

-- Each text of SQL that a run, by its id, sent to a database.
CREATE TABLE run_query (
    run         TEXT NOT NULL,
    number      BIGINT NOT NULL,
    connection  TEXT NOT NULL,
    query       TEXT NOT NULL,
    row_count   BIGINT,
    PRIMARY KEY (run, number)
);
CREATE INDEX run_query_connection ON run_query (connection, run);
