-- Rates of finished downloads, so that the next one's time can be told before it begins.
CREATE TABLE link_speed (
  id INTEGER PRIMARY KEY,
  measured_at REAL NOT NULL,      -- seconds since the epoch
  bytes_per_s REAL NOT NULL
) STRICT;

-- Whether this version of transformers builds a configuration; building takes seconds, so it is kept.
CREATE TABLE architecture (
  key TEXT PRIMARY KEY,           -- SHA-256 of the configuration and the version
  checked_at REAL NOT NULL,
  answer TEXT NOT NULL            -- JSON, see selector/hub/architecture.py
) STRICT, WITHOUT ROWID;
