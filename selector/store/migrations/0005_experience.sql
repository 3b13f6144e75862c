-- What real runs took beside what was predicted, by engine and family of models.
CREATE TABLE experience (
    quantity TEXT NOT NULL,
    engine TEXT NOT NULL,
    family TEXT NOT NULL,
    runs INTEGER NOT NULL,
    mean_log REAL NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (fingerprint, quantity, engine, family)
) WITHOUT ROWID;
