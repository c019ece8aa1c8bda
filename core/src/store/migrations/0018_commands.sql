-- Commands in comments, and the acts that they ask for.
ALTER TABLE requested_acts ADD COLUMN origin TEXT;
-- Tells the command that asks from all others, so that it asks once.
ALTER TABLE requested_acts ADD COLUMN key TEXT;
ALTER TABLE requested_acts ADD COLUMN progress TEXT;
CREATE UNIQUE INDEX requested_acts_of_command ON requested_acts (repository, key) WHERE key IS NOT NULL;

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
