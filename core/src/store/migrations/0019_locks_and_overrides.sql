-- What people have locked. `data` has all of it as JSON; the columns are what is asked for.
CREATE TABLE locks (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    id INTEGER NOT NULL,
    -- The pull request that ends it, while nothing has.
    while_open INTEGER,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment, id)
) WITHOUT ROWID;
CREATE INDEX locks_while_open ON locks (repository, while_open) WHERE while_open IS NOT NULL;

-- What people have decided about findings on pull requests, in force or not.
CREATE TABLE overrides (
    repository INTEGER NOT NULL,
    number INTEGER NOT NULL,
    id INTEGER NOT NULL,
    given_at INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, number, id)
) WITHOUT ROWID;
CREATE INDEX overrides_given ON overrides (repository, given_at);
