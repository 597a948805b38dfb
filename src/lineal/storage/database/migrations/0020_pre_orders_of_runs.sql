-- What people put runs in order by besides the start, and look for them by: a page walks along one of these, whatever the
-- number of runs. Runs of one value stand in the order of time there; an index of the end that were narrower than
-- run_experiment would be taken by SQLite for whatever names an experiment and nothing else.
CREATE INDEX run_experiment_name ON run (experiment, name, started_at, id);
CREATE INDEX run_experiment_user ON run (experiment, started_by, started_at, id);
CREATE INDEX run_experiment_state ON run (experiment, state, started_at, id);
CREATE INDEX run_experiment_ended ON run (experiment, ended_at, started_at, id);
CREATE INDEX run_experiment_duration ON run (experiment, (ended_at - started_at)) WHERE ended_at IS NOT NULL;

-- Runs that programs told of have no digest, and are most of all runs.
DROP INDEX run_digest;
CREATE INDEX run_digest ON run (digest) WHERE digest IS NOT NULL;
