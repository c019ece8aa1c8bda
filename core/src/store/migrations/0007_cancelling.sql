-- A deploy that is being cancelled is open too.
DROP INDEX deploys_open;
CREATE INDEX deploys_open ON deploys (repository, environment, number)
    WHERE state IN ('waiting', 'requested', 'running', 'cancelling');
