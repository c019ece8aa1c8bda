-- The stack that a pull request is in, as JSON; what was stored before is in none, until GitHub is asked again.
ALTER TABLE pulls ADD COLUMN stack TEXT;
