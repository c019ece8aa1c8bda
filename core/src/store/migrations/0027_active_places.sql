-- The places beside environments, and who waits for one. `data` has all of it as JSON.
CREATE TABLE active_places (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment)
) WITHOUT ROWID;
