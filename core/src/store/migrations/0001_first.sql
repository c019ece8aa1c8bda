-- Moments are milliseconds since the Unix epoch, except in the ledger, which keeps git's seconds.
-- Commits are their twenty bytes. What else has a name is text.

-- What is worked on by one worker at a time.
CREATE TABLE units (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    repository INTEGER,
    -- Each mark raises `dirty`; work that is done sets `done` to what it has seen of it.
    dirty INTEGER NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    -- The token of the last lease, and whether it was neither settled nor taken over yet.
    token INTEGER NOT NULL DEFAULT 0,
    leased INTEGER NOT NULL DEFAULT 0,
    -- When a worker may take it: while leased, when the lease ends; else not before this moment.
    due INTEGER NOT NULL,
    -- The first mark since the last lease began.
    marked_at INTEGER
);
CREATE INDEX units_due ON units (due, id, repository) WHERE dirty > done AND dead = 0;
CREATE INDEX units_leased ON units (repository, due) WHERE leased = 1;

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    -- GitHub's ids in the order of time, as sixteen bytes; others as text.
    guid NOT NULL UNIQUE,
    event TEXT NOT NULL,
    action TEXT,
    installation INTEGER,
    unit INTEGER NOT NULL REFERENCES units (id),
    received_at INTEGER NOT NULL,
    digested INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX deliveries_inbox ON deliveries (unit) WHERE digested = 0;

-- Apart from their deliveries, so that taking one in or listing them does not touch the bodies.
CREATE TABLE bodies (
    delivery INTEGER PRIMARY KEY REFERENCES deliveries (id) ON DELETE CASCADE,
    packed BLOB NOT NULL
);

CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    login TEXT NOT NULL,
    state TEXT NOT NULL
);

CREATE TABLE repositories (
    id INTEGER PRIMARY KEY,
    installation INTEGER NOT NULL,
    full_name TEXT NOT NULL,
    clone_url TEXT NOT NULL,
    html_url TEXT NOT NULL,
    default_branch TEXT NOT NULL,
    state TEXT NOT NULL,
    reconciled_at INTEGER
);
CREATE INDEX repositories_installation ON repositories (installation);

CREATE TABLE pulls (
    id INTEGER PRIMARY KEY,
    repository INTEGER NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    draft INTEGER NOT NULL,
    head_branch TEXT NOT NULL,
    head_commit BLOB NOT NULL,
    head_repository INTEGER,
    base_branch TEXT NOT NULL,
    author TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    judged_head BLOB,
    judged_base TEXT,
    verdict TEXT,
    judged_at INTEGER,
    judged_version INTEGER NOT NULL DEFAULT 0,
    UNIQUE (repository, number)
);
CREATE INDEX pulls_open ON pulls (repository, number) WHERE state = 'open';
CREATE INDEX pulls_sharing ON pulls (repository, judged_head, judged_base, number) WHERE state = 'open';

-- The tip ledger. Rows of one second keep their order of arrival by `place`. A deleted branch has an
-- empty tip.
CREATE TABLE tips (
    repository INTEGER NOT NULL,
    branch TEXT NOT NULL,
    moved_at INTEGER NOT NULL,
    place INTEGER NOT NULL,
    tip BLOB NOT NULL,
    previous BLOB,
    forced INTEGER NOT NULL,
    actor TEXT,
    source TEXT NOT NULL,
    PRIMARY KEY (repository, branch, moved_at, place)
) WITHOUT ROWID;

CREATE TABLE pushes (
    repository INTEGER NOT NULL,
    branch TEXT NOT NULL,
    head BLOB NOT NULL,
    pushed_at INTEGER NOT NULL,
    PRIMARY KEY (repository, branch, head)
) WITHOUT ROWID;

-- What GitHub shall show, and what is known of what it shows.
CREATE TABLE effects (
    unit INTEGER PRIMARY KEY REFERENCES units (id),
    content TEXT NOT NULL,
    substance TEXT NOT NULL,
    shown TEXT,
    github_id INTEGER,
    attempted INTEGER NOT NULL DEFAULT 0
);

-- A row to write when somebody asks whether writing works.
CREATE TABLE probe (
    id INTEGER PRIMARY KEY,
    count INTEGER NOT NULL
);
INSERT INTO probe (id, count) VALUES (1, 0);
