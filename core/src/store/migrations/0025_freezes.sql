-- Freezes that people have put on environments. `data` has all of it as JSON; the columns are what is asked for.
CREATE TABLE freezes (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    id INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment, id)
) WITHOUT ROWID;
