-- Other names of bytes that a blob store holds by SHA-256: "md5" and "md5-dos2unix" of DVC. What a directory's list is
-- called ("<md5>.dir") names its tree. One name, one content: a second content with the same name is a collision.
CREATE TABLE alternate_digest (
    algorithm   TEXT NOT NULL,
    value       TEXT NOT NULL,
    digest      TEXT NOT NULL,
    size_bytes  BIGINT NOT NULL,
    PRIMARY KEY (algorithm, value)
);
CREATE INDEX alternate_digest_digest ON alternate_digest (digest, algorithm);

-- What came from another system, by its name there, so that importing again changes nothing.
CREATE TABLE imported (
    system     TEXT NOT NULL,
    item       TEXT NOT NULL,
    reference  TEXT NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (system, item)
);
