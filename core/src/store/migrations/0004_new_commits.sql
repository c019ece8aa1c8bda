-- Whether nobody had pushed the commit before: within a second nothing else tells what came first.
ALTER TABLE pushes ADD COLUMN is_new INTEGER NOT NULL DEFAULT 0;
