-- What people have vouched for. `data` has all of it as JSON; the columns are what is asked for.
CREATE TABLE attestations (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    -- The command that gave it: it gives it once.
    command TEXT NOT NULL,
    given_at INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment, command)
) WITHOUT ROWID;
-- Of what nobody has taken back, the newest.
CREATE INDEX attestations_in_force ON attestations (repository, environment, given_at)
    WHERE data ->> 'withdrawn' IS NULL;
