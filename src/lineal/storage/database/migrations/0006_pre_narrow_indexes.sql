-- Tables that have a row for each file of each tree, made narrow: a change of a large tree writes a random page of them for
-- each of many files. No older program goes on beside this one, for none was released.

-- number is short, and handed out in order.
CREATE TABLE node_numbered (
    number      INTEGER PRIMARY KEY,
    digest      TEXT NOT NULL UNIQUE,
    created_at  BIGINT NOT NULL
);
INSERT INTO node_numbered (number, digest, created_at)
    SELECT ROW_NUMBER() OVER (ORDER BY digest), digest, created_at FROM node;

-- Which node holds which bytes; blob is the first half of the digest's hexadecimal digits, which nobody finds twice.
CREATE TABLE held (
    blob  TEXT NOT NULL,
    node  INTEGER NOT NULL,
    PRIMARY KEY (blob, node)
) WITHOUT ROWID;
INSERT INTO held (blob, node)
    SELECT DISTINCT substr(m.digest, 8, 32), n.number FROM member m JOIN node_numbered n ON n.digest = m.tree;
DROP TABLE member;
DROP TABLE node;
ALTER TABLE node_numbered RENAME TO node;

CREATE VIEW member AS SELECT h.blob AS blob, n.digest AS tree FROM held h JOIN node n ON n.number = h.node;

CREATE TABLE packed_by_key (
    blob  BIGINT NOT NULL,
    pack  BIGINT NOT NULL,
    PRIMARY KEY (blob, pack)
) WITHOUT ROWID;
INSERT INTO packed_by_key (blob, pack) SELECT DISTINCT blob, pack FROM packed;
DROP TABLE packed;
ALTER TABLE packed_by_key RENAME TO packed;
CREATE INDEX packed_pack ON packed (pack);
