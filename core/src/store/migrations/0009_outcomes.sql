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
INSERT INTO outcomes (repository, environment, tree, head, said_at, place, outcome)
    SELECT repository, environment, tree, head, verified_at * 1000, 0, 'success' FROM verified;
-- Only the first success was kept before: where the newest deploy of the same files has failed since, that counts.
UPDATE outcomes SET outcome = 'failure' WHERE EXISTS (
    SELECT 1 FROM deploys d
    WHERE d.repository = outcomes.repository AND d.environment = outcomes.environment AND d.state = 'failed'
        AND json_extract(d.data, '$.tree') = lower(hex(outcomes.tree))
        AND NOT EXISTS (SELECT 1 FROM deploys later
            WHERE later.repository = d.repository AND later.environment = d.environment
                AND later.number > d.number AND later.state = 'succeeded'
                AND json_extract(later.data, '$.tree') = json_extract(d.data, '$.tree')));
-- What an environment is held for was taken back.
UPDATE outcomes SET outcome = 'rolled-back' WHERE EXISTS (
    SELECT 1 FROM holds h
    WHERE h.repository = outcomes.repository AND h.environment = outcomes.environment
        AND json_extract(h.data, '$.lifted') IS NULL
        AND json_extract(h.data, '$.from') = lower(hex(outcomes.head)));
DROP TABLE verified;
