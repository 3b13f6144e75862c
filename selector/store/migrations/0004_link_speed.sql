-- Rates of finished downloads, for saying how long the next one takes.
CREATE TABLE link_speed (
  measured_at REAL NOT NULL,      -- seconds since the epoch
  bytes_per_s REAL NOT NULL
) STRICT;
