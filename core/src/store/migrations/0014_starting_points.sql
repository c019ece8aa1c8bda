-- Where the branch of an environment was when the configuration named the two together.
CREATE TABLE starting_points (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment)
) WITHOUT ROWID;
