-- From where to where topics were pushed, each push by itself: it tells where a branch was when a comment was written.
-- `pushes` keeps of each commit only when a branch was first pushed at it.
CREATE TABLE topic_moves (
    id INTEGER PRIMARY KEY,
    repository INTEGER NOT NULL,
    branch TEXT NOT NULL,
    delivery TEXT NOT NULL,
    previous BLOB,
    head BLOB,
    pushed_at INTEGER NOT NULL,
    UNIQUE (repository, branch, delivery)
);
