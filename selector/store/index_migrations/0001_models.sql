-- Every model a search has seen. A file of its own: it is a copy of public data that may grow to a
-- gigabyte, be thrown away at any time, and has no place in the backups of the user's projects.

-- Tasks, licences and libraries by number, so that rows and their indexes stay narrow.
CREATE TABLE name (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,             -- task, licence, library
  text TEXT NOT NULL,
  UNIQUE (kind, text)
) STRICT;

-- What filters and orders need. The id begins with how much a model is used (see model_index.py), so
-- that matches of words, which come in the order of ids, come with the most used ones first.
CREATE TABLE model (
  id INTEGER PRIMARY KEY,
  key INTEGER NOT NULL UNIQUE,    -- hash of the repository's name
  task INTEGER NOT NULL,
  downloads INTEGER NOT NULL,
  likes INTEGER NOT NULL,
  modified INTEGER NOT NULL,      -- seconds since the epoch, 0 unknown
  parameters INTEGER NOT NULL,    -- 2^62 unknown, so that it is last
  flags INTEGER NOT NULL,
  licence INTEGER NOT NULL,
  library INTEGER NOT NULL,       -- 0 unknown
  languages INTEGER NOT NULL,     -- one bit each
  seen INTEGER NOT NULL           -- seconds since the epoch
) STRICT;
-- One for each order, and each covers every filter: a search reads its window, and where few rows pass
-- a whole task, in the order asked for and without touching the table.
CREATE INDEX model_downloads ON model (
  task, downloads DESC, parameters, flags, licence, library, languages, modified
);
CREATE INDEX model_likes ON model (
  task, likes DESC, parameters, flags, licence, library, languages, modified
);
CREATE INDEX model_modified ON model (
  task, modified DESC, parameters, flags, licence, library, languages
);
CREATE INDEX model_parameters ON model (
  task, parameters, flags, licence, library, languages, modified
);

CREATE TABLE body (
  id INTEGER PRIMARY KEY,
  content BLOB NOT NULL           -- compressed: the words below, and the facts as JSON
) STRICT;

-- Words of names, authors, tags, tasks and languages. Nothing is stored twice (contentless) and no
-- positions are kept: phrases are not searched for, and bm25 would read every match.
CREATE VIRTUAL TABLE word USING fts5 (
  text, content = '', detail = none, columnsize = 0, prefix = '3',
  tokenize = "unicode61 remove_diacritics 2"
);
