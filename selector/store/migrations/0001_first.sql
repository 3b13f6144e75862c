-- A project is one job: what the user wants, and where they are in the five steps.
CREATE TABLE project (
  id INTEGER PRIMARY KEY,
  title TEXT NOT NULL,
  state TEXT NOT NULL,            -- JSON, see selector/store/projects.py
  updated_at TEXT NOT NULL
) STRICT;

-- One row for each output, committed at once, so that an interrupted evaluation goes on where it was.
CREATE TABLE output (
  data_sha256 TEXT NOT NULL,
  task TEXT NOT NULL,
  ref TEXT NOT NULL,              -- fully pinned
  item INTEGER NOT NULL,
  output TEXT NOT NULL,           -- JSON, see selector/tasks/outputs.py
  seconds REAL NOT NULL,
  PRIMARY KEY (data_sha256, task, ref, item)
) STRICT, WITHOUT ROWID;

-- What was measured of a contestant: load, latency, memory.
CREATE TABLE measurement (
  id INTEGER PRIMARY KEY,
  ref TEXT NOT NULL,
  task TEXT NOT NULL,
  measured_at TEXT NOT NULL,
  facts TEXT NOT NULL             -- JSON without outputs
) STRICT;
CREATE INDEX measurement_ref ON measurement (ref, task);

-- Answers of the Hub, kept with their age for working offline.
CREATE TABLE search (
  key TEXT PRIMARY KEY,
  answered_at REAL NOT NULL,      -- seconds since the epoch
  result TEXT NOT NULL            -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE machine (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  calibration TEXT NOT NULL,      -- JSON
  fingerprint TEXT NOT NULL       -- what the calibration is valid for
) STRICT;
