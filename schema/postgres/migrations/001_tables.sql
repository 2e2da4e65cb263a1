-- Keys compare bytewise, whatever the collation of the database. What a user
-- may have written (names, tags, bodies, reasons) is bytea, because text cannot
-- hold every string; it is indexed by its beginning, because an index entry
-- must fit a third of a page. A serial of 0 in to_seq: the row still holds.

CREATE TABLE cursors (
    name text COLLATE "C" PRIMARY KEY,
    pos  bigint NOT NULL
);

CREATE TABLE records (
    account text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    id      text COLLATE "C" NOT NULL,
    product text COLLATE "C" NOT NULL,
    package text COLLATE "C" NOT NULL,
    release text COLLATE "C" NOT NULL,
    parent  text COLLATE "C" NOT NULL,
    name    bytea NOT NULL,
    tag     bytea NOT NULL,
    created bigint NOT NULL,
    serial  bigint NOT NULL,
    body    bytea NOT NULL,
    PRIMARY KEY (account, kind, id)
);
CREATE INDEX records_created ON records (account, kind, created, id);
CREATE INDEX records_product ON records (account, kind, product, created, id) WHERE product <> '';
CREATE INDEX records_package ON records (account, kind, package, created, id) WHERE package <> '';
CREATE INDEX records_release ON records (account, kind, release, created, id) WHERE release <> '';
CREATE INDEX records_parent ON records (account, kind, parent, created, id) WHERE parent <> '';
CREATE INDEX records_tag ON records (account, kind, substr(tag, 1, 200), created, id) WHERE tag <> '';
CREATE INDEX records_name ON records (kind, substr(name, 1, 200), account) WHERE name <> '';

CREATE TABLE heads (
    doc      text COLLATE "C" NOT NULL,
    from_seq bigint NOT NULL,
    to_seq   bigint NOT NULL,
    body     bytea NOT NULL,
    PRIMARY KEY (doc, from_seq)
);
CREATE UNIQUE INDEX heads_open ON heads (doc) WHERE to_seq = 0;

-- Rules change often and are small; bodies are large and written once.
CREATE TABLE rules (
    doc      text COLLATE "C" NOT NULL,
    key      text COLLATE "C" NOT NULL CHECK (key <> ''),
    from_seq bigint NOT NULL,
    to_seq   bigint NOT NULL,
    rule     bytea NOT NULL,
    PRIMARY KEY (doc, key, from_seq)
);
CREATE UNIQUE INDEX rules_open ON rules (doc, key) WHERE to_seq = 0;

CREATE TABLE bodies (
    doc    text COLLATE "C" NOT NULL,
    key    text COLLATE "C" NOT NULL,
    serial bigint NOT NULL,
    data   bytea NOT NULL,
    PRIMARY KEY (doc, key, serial)
);

CREATE TABLE parked (
    log    text COLLATE "C" NOT NULL,
    serial bigint NOT NULL,
    event  bytea NOT NULL,
    PRIMARY KEY (log, serial)
);
