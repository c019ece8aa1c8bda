-- What commands need and an installation does not grant, as JSON; and for each pull request the check that says so of it.
ALTER TABLE installations ADD COLUMN missing_grants TEXT;
ALTER TABLE installations ADD COLUMN html_url TEXT NOT NULL DEFAULT '';
ALTER TABLE pull_requests ADD COLUMN noted_head BLOB;
ALTER TABLE pull_requests ADD COLUMN noted_base TEXT;
