-- What other runs are to a run: the one that it is a part of (parent), that it goes on with (resumes), or whose history it
-- shares (forks); of the latter two the points up to step, where there is one, are also its own.
CREATE TABLE run_relation (
    run         TEXT NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('parent', 'resumes', 'forks')),
    other       TEXT NOT NULL,
    step        BIGINT,
    PRIMARY KEY (run, role)
);
CREATE INDEX run_relation_other ON run_relation (other, role);
