-- The names that the code has for these, too.

ALTER TABLE units RENAME TO work_items;
DROP INDEX units_due;
CREATE INDEX work_items_due ON work_items (due, id, repository) WHERE dirty > done AND dead = 0;
DROP INDEX units_leased;
CREATE INDEX work_items_leased ON work_items (repository, due) WHERE leased = 1;

ALTER TABLE deliveries RENAME COLUMN unit TO work_item;
ALTER TABLE deliveries RENAME COLUMN digested TO processed;
ALTER TABLE effects RENAME COLUMN unit TO work_item;
ALTER TABLE effects RENAME COLUMN shown TO applied;

UPDATE work_items SET key = 'config-preview' || substr(key, length('proposal') + 1) WHERE key LIKE 'proposal:%';
UPDATE work_items SET key = 'deployment-protection' || substr(key, length('gate') + 1) WHERE key LIKE 'gate:%';
UPDATE work_items SET key = 'change-status' || substr(key, length('whereabouts') + 1) WHERE key LIKE 'whereabouts:%';
UPDATE work_items SET key = 'merge-group' || substr(key, length('group') + 1) WHERE key LIKE 'group:%';
UPDATE work_items SET key = 'workflow-runs' || substr(key, length('runs') + 1) WHERE key LIKE 'runs:%';
UPDATE work_items SET key = 'pull-request' || substr(key, length('pull') + 1) WHERE key LIKE 'pull:%';

ALTER TABLE pulls RENAME TO pull_requests;
DROP INDEX pulls_open;
CREATE INDEX pull_requests_open ON pull_requests (repository, number) WHERE state = 'open';
DROP INDEX pulls_sharing;
CREATE INDEX pull_requests_sharing ON pull_requests (repository, judged_head, judged_base, number)
    WHERE state = 'open';
DROP INDEX pulls_merged;
CREATE INDEX pull_requests_merged ON pull_requests (repository, merged_at) WHERE state = 'merged';
DROP INDEX pulls_merge_commit;
CREATE INDEX pull_requests_merge_commit ON pull_requests (repository, merge_commit) WHERE merge_commit IS NOT NULL;
DROP INDEX pulls_head;
CREATE INDEX pull_requests_head ON pull_requests (repository, head_branch);

ALTER TABLE accounts RENAME TO installations;

ALTER TABLE orders RENAME TO requested_acts;
DROP INDEX orders_open;
CREATE INDEX requested_acts_open ON requested_acts (repository, environment) WHERE outcome IS NULL;
