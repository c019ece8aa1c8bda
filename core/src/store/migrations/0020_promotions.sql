-- Merges that an act has asked GitHub for, or was about to: noted before it is asked. `data` has all of it as JSON.
CREATE TABLE requested_merges (
    act INTEGER PRIMARY KEY,
    data TEXT NOT NULL
);
