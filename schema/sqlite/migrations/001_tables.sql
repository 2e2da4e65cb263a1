-- Tables have rowids: what is inserted together lies together, whatever its key.
-- A serial of 0 in to_seq means that the row still holds.

CREATE TABLE cursors (
    name TEXT NOT NULL PRIMARY KEY,
    pos  INTEGER NOT NULL
);

CREATE TABLE records (
    account TEXT NOT NULL,
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    product TEXT NOT NULL,
    package TEXT NOT NULL,
    release TEXT NOT NULL,
    parent  TEXT NOT NULL,
    name    TEXT NOT NULL,
    tag     TEXT NOT NULL,
    created INTEGER NOT NULL,
    serial  INTEGER NOT NULL,
    body    BLOB NOT NULL
);
CREATE UNIQUE INDEX records_id ON records (account, kind, id);
CREATE INDEX records_created ON records (account, kind, created, id);
CREATE INDEX records_product ON records (account, kind, product, created, id) WHERE product <> '';
CREATE INDEX records_package ON records (account, kind, package, created, id) WHERE package <> '';
CREATE INDEX records_release ON records (account, kind, release, created, id) WHERE release <> '';
CREATE INDEX records_parent ON records (account, kind, parent, created, id) WHERE parent <> '';
CREATE INDEX records_tag ON records (account, kind, tag, created, id) WHERE tag <> '';
CREATE INDEX records_name ON records (kind, name, account) WHERE name <> '';

CREATE TABLE heads (
    doc      TEXT NOT NULL,
    from_seq INTEGER NOT NULL,
    to_seq   INTEGER NOT NULL,
    body     BLOB NOT NULL
);
CREATE UNIQUE INDEX heads_from ON heads (doc, from_seq);
CREATE UNIQUE INDEX heads_open ON heads (doc) WHERE to_seq = 0;

-- Rules change often and are small; bodies are large and written once.
CREATE TABLE rules (
    doc      TEXT NOT NULL,
    key      TEXT NOT NULL,
    from_seq INTEGER NOT NULL,
    to_seq   INTEGER NOT NULL,
    rule     BLOB NOT NULL
);
CREATE UNIQUE INDEX rules_from ON rules (doc, key, from_seq);
CREATE UNIQUE INDEX rules_open ON rules (doc, key) WHERE to_seq = 0;

CREATE TABLE bodies (
    doc    TEXT NOT NULL,
    key    TEXT NOT NULL,
    serial INTEGER NOT NULL,
    data   BLOB NOT NULL
);
CREATE UNIQUE INDEX bodies_serial ON bodies (doc, key, serial);

CREATE TABLE parked (
    log    TEXT NOT NULL,
    serial INTEGER NOT NULL,
    event  BLOB NOT NULL
);
CREATE UNIQUE INDEX parked_serial ON parked (log, serial);
