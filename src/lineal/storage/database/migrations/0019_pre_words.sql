-- What of a chunk is no finite number, so that a chart marks it without reading any point: JSON, an array for each word with
-- the word, the least and the greatest step, the least and the greatest time, and how many. NULL where it was never noted.
ALTER TABLE metric_chunk ADD COLUMN words TEXT;
