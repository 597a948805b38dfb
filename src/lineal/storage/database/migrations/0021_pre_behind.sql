-- Whether what lists show of a run's metrics is behind what it told, and is read from the rows: a single point is written without a look
-- at what was told before.
ALTER TABLE run ADD COLUMN is_behind BIGINT NOT NULL DEFAULT 0;
