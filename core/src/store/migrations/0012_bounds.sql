-- Where a branch was pointed since it is watched: what a verdict asks of whole lines is asked by commit.
CREATE INDEX tips_moved ON tips (repository, tip) WHERE source <> 'backfill';
-- A verdict reads the newest of these.
CREATE INDEX outcomes_newest ON outcomes (repository, said_at);
-- Whether a topic's pull requests are all closed for long.
CREATE INDEX pulls_head ON pulls (repository, head_branch);
-- Lines of branches that are being read into the ledger, the oldest commit first: a long one takes many steps.
CREATE TABLE backfills (
    repository INTEGER NOT NULL,
    branch TEXT NOT NULL,
    -- The line is that of this commit.
    tip BLOB NOT NULL,
    filled INTEGER NOT NULL,
    -- The date of the newest that is there.
    newest INTEGER NOT NULL,
    PRIMARY KEY (repository, branch)
) WITHOUT ROWID;
