-- What was derived from bytes, so that it is derived once: subject is the digest of everything that it depends on (of a
-- part of a file, a file or a tree, and of how it was read), digest that of the object. Each row may go at any time.
CREATE TABLE profile (
    subject     TEXT PRIMARY KEY,
    digest      TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);
