-- What became of merged pull requests: by them a commit is told who brought it, and a topic what it repeats.
ALTER TABLE pulls ADD COLUMN merged_at INTEGER;
ALTER TABLE pulls ADD COLUMN merge_commit BLOB;
CREATE INDEX pulls_merged ON pulls (repository, merged_at) WHERE state = 'merged';

CREATE INDEX pulls_merge_commit ON pulls (repository, merge_commit) WHERE merge_commit IS NOT NULL;

-- Who else was pushed at a commit.
CREATE INDEX pushes_head ON pushes (repository, head);

-- The files that an environment was deployed with, as GitHub reported.
CREATE TABLE verified (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    tree BLOB NOT NULL,
    head BLOB NOT NULL,
    verified_at INTEGER NOT NULL,
    PRIMARY KEY (repository, environment, tree)
) WITHOUT ROWID;

-- The configuration a repository is judged by, as it was last read. `place` is empty where there is no file.
CREATE TABLE configurations (
    repository INTEGER PRIMARY KEY,
    place TEXT NOT NULL,
    text TEXT NOT NULL,
    -- The last text that could be used.
    valid TEXT,
    read_at INTEGER NOT NULL
);

-- What people did by buttons, for the record, and so that nothing is done twice.
CREATE TABLE acts (
    id INTEGER PRIMARY KEY,
    repository INTEGER NOT NULL,
    number INTEGER NOT NULL,
    head BLOB NOT NULL,
    what TEXT NOT NULL,
    who TEXT NOT NULL,
    at INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    done INTEGER NOT NULL,
    UNIQUE (repository, number, head, what)
);
