-- What people made Towpath do. The columns that are asked for are read off the text, which the hash is of, so that the
-- two cannot say different things.
CREATE TABLE audit (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL,
    at INTEGER AS (json_extract(text, '$.at')) VIRTUAL,
    repository INTEGER AS (json_extract(text, '$.repository')) VIRTUAL
);
CREATE INDEX audit_repository ON audit (repository, at);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'the audit log is only written to at its end');
END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit BEGIN
    SELECT RAISE(ABORT, 'nothing is taken out of the audit log');
END;
