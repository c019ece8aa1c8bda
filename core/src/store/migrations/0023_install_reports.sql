-- What was found of each repository once the App was installed on it, as JSON.
CREATE TABLE install_reports (
    repository INTEGER PRIMARY KEY,
    has_path INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    data TEXT NOT NULL
);
