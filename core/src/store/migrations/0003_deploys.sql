-- Deploys: each one try to bring one commit to one environment. `data` has all of it as JSON; the columns are
-- what is asked for.
CREATE TABLE deploys (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    number INTEGER NOT NULL,
    head BLOB NOT NULL,
    state TEXT NOT NULL,
    slug TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment, number)
) WITHOUT ROWID;
CREATE INDEX deploys_live ON deploys (repository, environment, number) WHERE state = 'succeeded';
CREATE INDEX deploys_open ON deploys (repository, environment, number)
    WHERE state IN ('waiting', 'requested', 'running');
CREATE INDEX deploys_slug ON deploys (repository, slug) WHERE state = 'succeeded';

-- Where branches were when deploys began to be kept: nothing is deployed only because it was there.
CREATE TABLE deploy_baselines (
    repository INTEGER NOT NULL,
    branch TEXT NOT NULL,
    tip BLOB NOT NULL,
    PRIMARY KEY (repository, branch)
) WITHOUT ROWID;
INSERT INTO deploy_baselines (repository, branch, tip)
    SELECT t.repository, t.branch, t.tip FROM tips t
    WHERE NOT EXISTS (SELECT 1 FROM tips later
        WHERE later.repository = t.repository AND later.branch = t.branch
            AND (later.moved_at, later.place) > (t.moved_at, t.place));

-- What keeps merges from undoing a rollback unnoticed: the newest of each environment, lifted or not.
CREATE TABLE holds (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment)
) WITHOUT ROWID;

-- What the operator has asked for and nobody has taken up yet.
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    data TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    outcome TEXT
);
CREATE INDEX orders_open ON orders (repository, environment) WHERE outcome IS NULL;
