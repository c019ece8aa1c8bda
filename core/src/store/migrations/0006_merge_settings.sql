-- How a repository's own settings let pull requests be merged, as GitHub last said.
CREATE TABLE merge_settings (
    repository INTEGER PRIMARY KEY,
    merge INTEGER NOT NULL,
    squash INTEGER NOT NULL,
    rebase INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
);
