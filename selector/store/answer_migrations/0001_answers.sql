-- Answers of chat endpoints, so that the same question is never paid for twice. Of a question only its
-- hash is kept: the texts themselves are in the user's files.
CREATE TABLE answer (
  key TEXT PRIMARY KEY,           -- SHA-256, see selector/engines/endpoint/question.py
  endpoint TEXT NOT NULL,
  model TEXT NOT NULL,
  asked_at TEXT NOT NULL,
  seconds REAL NOT NULL,
  reply TEXT NOT NULL             -- JSON, see selector/engines/endpoint/reply.py
) STRICT, WITHOUT ROWID;
