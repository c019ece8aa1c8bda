-- Hotfixes: what went into an environment ahead of its turn, and how it comes back. `data` has all of it as JSON; the
-- columns are what is asked for.
CREATE TABLE hotfixes (
    repository INTEGER NOT NULL,
    -- The command that cut its branch, or the pull request that a person opened: it is recorded once.
    key TEXT NOT NULL,
    since INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, key)
) WITHOUT ROWID;
-- Those that are not over, the oldest first.
CREATE INDEX hotfixes_open ON hotfixes (repository, since) WHERE data ->> 'over' IS NULL;
