-- Whether a repository was private when a comment was last worded that quotes a log, or would. What was worded before is
-- looked at once.
CREATE TABLE visibility (
    repository INTEGER PRIMARY KEY,
    is_private INTEGER NOT NULL
);
INSERT INTO visibility (repository, is_private) SELECT DISTINCT repository, 1 FROM deploys;
