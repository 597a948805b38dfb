-- Tables that are nothing but an index, kept as one: half the bytes to write where a row would stand in both.

CREATE TABLE member_by_key (
    digest  TEXT NOT NULL,
    tree    TEXT NOT NULL,
    PRIMARY KEY (digest, tree)
) WITHOUT ROWID;
INSERT INTO member_by_key (digest, tree) SELECT DISTINCT digest, tree FROM member;
DROP TABLE member;
ALTER TABLE member_by_key RENAME TO member;

CREATE TABLE packed_by_key (
    blob  BIGINT NOT NULL,
    pack  BIGINT NOT NULL,
    PRIMARY KEY (blob, pack)
) WITHOUT ROWID;
INSERT INTO packed_by_key (blob, pack) SELECT DISTINCT blob, pack FROM packed;
DROP TABLE packed;
ALTER TABLE packed_by_key RENAME TO packed;
CREATE INDEX packed_pack ON packed (pack);
