-- The tables as they are. A new file gets them from here; an older one comes to the same by `migrations`, which a test holds.
--
-- Moments are milliseconds since the Unix epoch, except in the ledger, which keeps git's seconds.
-- Commits are their twenty bytes. What else has a name is text. Environments are in small letters.
-- Where a table has `data`, that is all of it as JSON, and the other columns are what is asked for.

-- The work, and what came in about it.

-- What is worked on by one worker at a time.
CREATE TABLE work_items (
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
    marked_at INTEGER,
    -- Whether it waits for the end of an outage of GitHub: news cannot help it, and that end brings it forward.
    awaits_github INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX work_items_due ON work_items (due, id, repository) WHERE dirty > done AND dead = 0;
CREATE INDEX work_items_leased ON work_items (repository, due) WHERE leased = 1;

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY,
    -- GitHub's ids in the order of time, as sixteen bytes; others as text.
    guid NOT NULL UNIQUE,
    event TEXT NOT NULL,
    action TEXT,
    installation INTEGER,
    work_item INTEGER NOT NULL REFERENCES work_items (id),
    received_at INTEGER NOT NULL,
    processed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX deliveries_inbox ON deliveries (work_item) WHERE processed = 0;

-- Apart from their deliveries, so that taking one in or listing them does not touch the bodies.
CREATE TABLE bodies (
    delivery INTEGER PRIMARY KEY REFERENCES deliveries (id) ON DELETE CASCADE,
    packed BLOB NOT NULL
);

-- What GitHub shall show, and what is known of what it shows.
CREATE TABLE effects (
    work_item INTEGER PRIMARY KEY REFERENCES work_items (id),
    content TEXT NOT NULL,
    substance TEXT NOT NULL,
    applied TEXT,
    github_id INTEGER,
    attempted INTEGER NOT NULL DEFAULT 0
);

-- Who has installed the App, and where.

CREATE TABLE installations (
    id INTEGER PRIMARY KEY,
    login TEXT NOT NULL,
    state TEXT NOT NULL,
    -- What commands need and it does not grant, as JSON.
    missing_grants TEXT,
    html_url TEXT NOT NULL DEFAULT ''
);

CREATE TABLE repositories (
    id INTEGER PRIMARY KEY,
    installation INTEGER NOT NULL,
    full_name TEXT NOT NULL,
    -- As the API says it, never an event; empty until it was asked.
    clone_url TEXT NOT NULL,
    html_url TEXT NOT NULL,
    default_branch TEXT NOT NULL,
    state TEXT NOT NULL,
    reconciled_at INTEGER
);
CREATE INDEX repositories_installation ON repositories (installation);

-- Which repository an entry of the operator's file is for, by the entry's name in small letters: a name can be taken
-- over by another repository, a number cannot.
CREATE TABLE operator_entries (
    name TEXT PRIMARY KEY,
    repository INTEGER NOT NULL
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

-- How a repository's own settings let pull requests be merged, as GitHub last said.
CREATE TABLE merge_settings (
    repository INTEGER PRIMARY KEY,
    merge INTEGER NOT NULL,
    squash INTEGER NOT NULL,
    rebase INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
);

-- Whether a repository was private when a comment was last worded that quotes a log, or would.
CREATE TABLE visibility (
    repository INTEGER PRIMARY KEY,
    is_private INTEGER NOT NULL
);

-- What was found of each repository once the App was installed on it.
CREATE TABLE install_reports (
    repository INTEGER PRIMARY KEY,
    has_path INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    data TEXT NOT NULL
);

-- Pull requests and branches.

CREATE TABLE pull_requests (
    id INTEGER PRIMARY KEY,
    repository INTEGER NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
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
    merged_at INTEGER,
    merge_commit BLOB,
    -- The stack that it is in, as JSON.
    stack TEXT,
    -- What GitHub says of it that no query looks for, as JSON: another such fact needs no column.
    details TEXT NOT NULL DEFAULT '{}',
    -- The check that says of it what an installation does not grant.
    noted_head BLOB,
    noted_base TEXT,
    UNIQUE (repository, number)
);
CREATE INDEX pull_requests_open ON pull_requests (repository, number) WHERE state = 'open';
CREATE INDEX pull_requests_sharing ON pull_requests (repository, judged_head, judged_base, number)
    WHERE state = 'open';
-- What became of merged ones: by them a commit is told who brought it, and a topic what it repeats.
CREATE INDEX pull_requests_merged ON pull_requests (repository, merged_at) WHERE state = 'merged';
CREATE INDEX pull_requests_merge_commit ON pull_requests (repository, merge_commit) WHERE merge_commit IS NOT NULL;
-- Whether a topic's pull requests are all closed for long.
CREATE INDEX pull_requests_head ON pull_requests (repository, head_branch);

-- The tip ledger. Rows of one second keep their order of arrival by `place`. A deleted branch has an empty tip.
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
-- Where a branch was pointed since it is watched: what a verdict asks of whole lines is asked by commit.
CREATE INDEX tips_moved ON tips (repository, tip) WHERE source <> 'backfill';

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

-- When a branch was first pushed at a commit, in git's seconds.
CREATE TABLE pushes (
    repository INTEGER NOT NULL,
    branch TEXT NOT NULL,
    head BLOB NOT NULL,
    pushed_at INTEGER NOT NULL,
    -- Whether nobody had pushed the commit before: within a second nothing else tells what came first.
    is_new INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (repository, branch, head)
) WITHOUT ROWID;
-- Who else was pushed at a commit.
CREATE INDEX pushes_head ON pushes (repository, head);

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

-- Deploys.

-- Each one try to bring one commit to one environment.
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
CREATE INDEX deploys_slug ON deploys (repository, slug) WHERE state = 'succeeded';
CREATE INDEX deploys_open ON deploys (repository, environment, number)
    WHERE state IN ('waiting', 'requested', 'running', 'cancelling');

-- Where branches were when deploys began to be kept: nothing is deployed only because it was there.
CREATE TABLE deploy_baselines (
    repository INTEGER NOT NULL,
    branch TEXT NOT NULL,
    tip BLOB NOT NULL,
    PRIMARY KEY (repository, branch)
) WITHOUT ROWID;

-- Where the branch of an environment was when the configuration named the two together.
CREATE TABLE starting_points (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment)
) WITHOUT ROWID;

-- How the deploys of files to an environment have ended, by the newest word of whoever carried them out. A rollback
-- has the last word on what it takes back.
CREATE TABLE outcomes (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    tree BLOB NOT NULL,
    head BLOB NOT NULL,
    said_at INTEGER NOT NULL,
    -- Puts what was said at one moment in order.
    place INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (repository, environment, tree)
) WITHOUT ROWID;
CREATE INDEX outcomes_newest ON outcomes (repository, said_at);

-- Whether anybody deploys a repository, as far as was ever seen.
CREATE TABLE deploy_activity (
    repository INTEGER PRIMARY KEY,
    -- When somebody first took up a deploy of Towpath's.
    taken_up_at INTEGER,
    -- When somebody else was first known to set a status on any Deployment.
    reported_at INTEGER,
    -- When GitHub was asked what had been there before.
    asked_at INTEGER,
    -- When it was last found that nobody deploys, and when somebody last asked for a deploy all the same.
    dormant_at INTEGER,
    woken_at INTEGER,
    -- The workflow that runs on Deployments, and the folder that it was looked for in.
    workflow TEXT,
    workflows_seen TEXT
);

-- What keeps merges from undoing a rollback unnoticed: the newest of each environment, lifted or not.
CREATE TABLE holds (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment)
) WITHOUT ROWID;

-- What people ask for and decide.

-- What somebody has asked for, by the command line or a command, and what became of it.
CREATE TABLE requested_acts (
    id INTEGER PRIMARY KEY,
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    data TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    outcome TEXT,
    origin TEXT,
    -- Tells the command that asks from all others, so that it asks once.
    key TEXT,
    progress TEXT
);
CREATE INDEX requested_acts_open ON requested_acts (repository, environment) WHERE outcome IS NULL;
CREATE UNIQUE INDEX requested_acts_of_command ON requested_acts (repository, key) WHERE key IS NOT NULL;

-- Merges that an act has asked GitHub for, or was about to: noted before it is asked.
CREATE TABLE requested_merges (
    act INTEGER PRIMARY KEY,
    data TEXT NOT NULL
);

-- Commands in comments.
CREATE TABLE commands (
    repository INTEGER NOT NULL,
    number INTEGER NOT NULL,
    comment TEXT NOT NULL,
    author TEXT NOT NULL COLLATE NOCASE,
    created_at INTEGER NOT NULL,
    replied_at INTEGER,
    open INTEGER NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (repository, number, comment)
) WITHOUT ROWID;
CREATE INDEX commands_open ON commands (repository) WHERE open = 1;
CREATE INDEX commands_replied ON commands (repository, author, replied_at) WHERE replied_at IS NOT NULL;
CREATE INDEX commands_written ON commands (repository, author, created_at);

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

-- What people have locked.
CREATE TABLE locks (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    id INTEGER NOT NULL,
    -- The pull request that ends it, while nothing has.
    while_open INTEGER,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment, id)
) WITHOUT ROWID;
CREATE INDEX locks_while_open ON locks (repository, while_open) WHERE while_open IS NOT NULL;

-- Freezes that people have put on environments.
CREATE TABLE freezes (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    id INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment, id)
) WITHOUT ROWID;

-- What people have decided about findings on pull requests, in force or not.
CREATE TABLE overrides (
    repository INTEGER NOT NULL,
    number INTEGER NOT NULL,
    id INTEGER NOT NULL,
    given_at INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, number, id)
) WITHOUT ROWID;
CREATE INDEX overrides_given ON overrides (repository, given_at);

-- What people have vouched for.
CREATE TABLE attestations (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    -- The command that gave it: it gives it once.
    command TEXT NOT NULL,
    given_at INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment, command)
) WITHOUT ROWID;
-- Of what nobody has taken back, the newest.
CREATE INDEX attestations_in_force ON attestations (repository, environment, given_at)
    WHERE data ->> 'withdrawn' IS NULL;

-- What went into an environment ahead of its turn, and how it comes back.
CREATE TABLE hotfixes (
    repository INTEGER NOT NULL,
    -- The command that cut its branch, or the pull request that a person opened: it is recorded once.
    key TEXT NOT NULL,
    since INTEGER NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, key)
) WITHOUT ROWID;
-- Those that are not over, the oldest first.
CREATE INDEX hotfixes_open ON hotfixes (repository, since) WHERE data ->> 'over' IS NULL;

-- The places beside environments, and who waits for one.
CREATE TABLE active_places (
    repository INTEGER NOT NULL,
    environment TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (repository, environment)
) WITHOUT ROWID;

-- The record, and the file itself.

-- What people made Towpath do. The columns that are asked for are read off the text, which the hash is of, so that the
-- two cannot say different things.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL,
    at INTEGER AS (json_extract(text, '$.at')) VIRTUAL,
    repository INTEGER AS (json_extract(text, '$.repository')) VIRTUAL
);
CREATE INDEX audit_repository ON audit (repository, at);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is only written to at its end');
END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'nothing is taken out of the audit log');
END;

-- A row to write when somebody asks whether writing works.
CREATE TABLE probe (
    id INTEGER PRIMARY KEY,
    count INTEGER NOT NULL
);
INSERT INTO probe (id, count) VALUES (1, 0);
