-- Where bytes are that have no file of their own. All of it can be built anew from the packs and recipes themselves.

-- A file of many small blobs. number is the beginning of its digest, by which the index below knows it.
CREATE TABLE pack (
    digest      TEXT PRIMARY KEY,
    number      BIGINT NOT NULL,
    size_bytes  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE INDEX pack_number ON pack (number);

-- Which pack may hold a blob, both by the first 63 bits of their digests: the pack's own table decides.
-- Numbers, because there is a row for each of many millions of small files.
CREATE TABLE packed (
    blob  BIGINT NOT NULL,
    pack  BIGINT NOT NULL
);
CREATE INDEX packed_blob ON packed (blob, pack);
CREATE INDEX packed_pack ON packed (pack);

-- A blob that is put together from ranges of others; body is the recipe.
CREATE TABLE recipe (
    digest      TEXT PRIMARY KEY,
    body        TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);

-- One row. epoch grows whenever the store lets go of bytes: what somebody saw in it before may be gone. identity is who
-- this repository is where several share a remote; it is made when it is first needed.
CREATE TABLE store (
    id        BIGINT PRIMARY KEY,
    epoch     BIGINT NOT NULL,
    identity  TEXT NOT NULL
);
INSERT INTO store (id, epoch, identity) VALUES (1, 0, '');
