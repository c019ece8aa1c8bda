-- GitHub takes environments for the same whose names differ in capitals only: from here on they are kept in small
-- letters. Where there are rows of several spellings, one of each is left.

-- What was told under any spelling is for the one unit.
CREATE TEMP TABLE spelled AS
    SELECT id, lower(key) AS key, min(id) OVER (PARTITION BY lower(key)) AS kept
    FROM units WHERE key LIKE 'environment:%' OR key LIKE 'gate:%';
UPDATE deliveries SET unit = (SELECT kept FROM spelled WHERE spelled.id = deliveries.unit)
    WHERE unit IN (SELECT id FROM spelled WHERE id <> kept);
UPDATE units SET dirty = dirty + 1, dead = 0, due = 0
    WHERE id IN (SELECT kept FROM spelled WHERE id <> kept);
DELETE FROM units WHERE id IN (SELECT id FROM spelled WHERE id <> kept);
UPDATE units SET key = lower(key) WHERE id IN (SELECT kept FROM spelled) AND key <> lower(key);
DROP TABLE spelled;

UPDATE OR IGNORE deploys SET environment = lower(environment) WHERE environment <> lower(environment);
DELETE FROM deploys WHERE environment <> lower(environment);
UPDATE OR IGNORE verified SET environment = lower(environment) WHERE environment <> lower(environment);
DELETE FROM verified WHERE environment <> lower(environment);
UPDATE orders SET environment = lower(environment) WHERE environment <> lower(environment);

-- A hold that is in force is never lost to one that was lifted.
UPDATE OR REPLACE holds SET environment = lower(environment)
    WHERE environment <> lower(environment) AND json_extract(data, '$.lifted') IS NULL;
UPDATE OR IGNORE holds SET environment = lower(environment) WHERE environment <> lower(environment);
DELETE FROM holds WHERE environment <> lower(environment);
