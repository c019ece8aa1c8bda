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
INSERT INTO deploy_activity (repository, taken_up_at, reported_at)
    SELECT repository, min(taken_up_at), min(reported_at) FROM (
        SELECT repository,
            CASE WHEN json_extract(data, '$.driver') <> 'deployment' THEN json_extract(data, '$.picked_up_at')
                ELSE json_extract(data, '$.spoken_of_at') END AS taken_up_at,
            CASE WHEN json_extract(data, '$.driver') = 'deployment' THEN json_extract(data, '$.picked_up_at') END
                AS reported_at
        FROM deploys
        UNION ALL SELECT repository, NULL, said_at FROM outcomes)
    GROUP BY repository;
