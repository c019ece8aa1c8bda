-- Which repository an entry of the operator's file is for, by the entry's name in small letters: a name can be taken
-- over by another repository, a number cannot.
CREATE TABLE operator_entries (
    name TEXT PRIMARY KEY,
    repository INTEGER NOT NULL
) WITHOUT ROWID;
