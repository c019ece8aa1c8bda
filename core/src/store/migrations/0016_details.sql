-- What GitHub says of a pull request that no query looks for, as JSON: another such fact needs no column.
ALTER TABLE pull_requests ADD COLUMN details TEXT NOT NULL DEFAULT '{}';
UPDATE pull_requests SET details = '{"draft":true}' WHERE draft = 1;
ALTER TABLE pull_requests DROP COLUMN draft;
