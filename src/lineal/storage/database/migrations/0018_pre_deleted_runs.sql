-- Runs that were deleted are few among very many, and are looked for in the order of time, by whoever wants one back.
CREATE INDEX run_deleted ON run (experiment, started_at, id) WHERE deleted_at IS NOT NULL;
