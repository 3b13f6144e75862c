-- Downloads that were asked for and are not finished, in the order in which they are done.
CREATE TABLE download (
  ref TEXT NOT NULL,              -- as it was asked for
  task TEXT NOT NULL,             -- empty for none
  revision TEXT,                  -- the commit that is downloaded, known after the first answer
  state TEXT NOT NULL,            -- queued, running, waiting, paused or failed
  done_bytes INTEGER NOT NULL DEFAULT 0,
  total_bytes INTEGER,
  error TEXT,                     -- JSON: code and facts
  owner TEXT,                     -- the process that runs it
  added_at REAL NOT NULL,         -- seconds since the epoch
  PRIMARY KEY (ref, task)
) STRICT;

-- Files in the model cache that Petit itself has fetched: all that it may delete without asking.
CREATE TABLE fetched (
  repo TEXT NOT NULL,
  revision TEXT NOT NULL,
  path TEXT NOT NULL,
  blob TEXT NOT NULL,             -- the name of the content in the cache
  size INTEGER NOT NULL,
  fetched_at REAL NOT NULL,       -- seconds since the epoch
  PRIMARY KEY (repo, revision, path)
) STRICT, WITHOUT ROWID;
