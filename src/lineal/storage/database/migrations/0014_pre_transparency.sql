-- When the last act was written: the next one is never dated before it, whatever a machine's clock says.
ALTER TABLE journal_head ADD COLUMN at BIGINT NOT NULL DEFAULT 0;

-- The transparency log over the journal: the hash over each full tile. What a tile holds is computed from the rows of the
-- journal (level 0) or from the hashes of the tiles below; so a checkpoint reads a few hundred rows, however long the log.
CREATE TABLE journal_tile (
    level     BIGINT NOT NULL,
    number    BIGINT NOT NULL,
    hash      TEXT NOT NULL,
    PRIMARY KEY (level, number)
);
