-- Whether work waits for the end of an outage of GitHub: news cannot help it, and that end brings it forward.
ALTER TABLE work_items ADD COLUMN awaits_github INTEGER NOT NULL DEFAULT 0;
