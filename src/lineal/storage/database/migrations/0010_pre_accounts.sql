-- Who may do what on a server. Nothing here can be turned back into a password or a token.

-- People and programs. password is a salted hash that is slow to compute, empty where nobody logs in by one; issuer and
-- subject are who vouches for them, where that is a provider of identities.
CREATE TABLE account (
    name        TEXT PRIMARY KEY,
    number      BIGINT NOT NULL UNIQUE,
    role        TEXT NOT NULL,
    password    TEXT NOT NULL,
    issuer      TEXT NOT NULL,
    subject     TEXT NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    revision    BIGINT NOT NULL
);
INSERT INTO counter (kind, last) VALUES ('account', 0);

-- Tokens by their digests, which are all that is known of them.
CREATE TABLE access_token (
    id          TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    digest      TEXT NOT NULL UNIQUE,
    note        TEXT NOT NULL,
    created_by  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT,
    used_at     BIGINT
);
CREATE INDEX access_token_account ON access_token (account, created_at);

-- Roles on single things: 'experiment:#' and its number, 'model:' and its name; name is an account's, or 'everyone'.
CREATE TABLE role_grant (
    name        TEXT NOT NULL,
    object      TEXT NOT NULL,
    role        TEXT NOT NULL,
    granted_by  TEXT NOT NULL,
    granted_at  BIGINT NOT NULL,
    PRIMARY KEY (name, object)
);
CREATE INDEX role_grant_object ON role_grant (object, name);

-- Browsers that somebody logged in with, by the digest of what their cookie holds.
CREATE TABLE login_session (
    digest      TEXT PRIMARY KEY,
    account     TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX login_session_account ON login_session (account);

-- Logins that somebody began at a provider of identities; a row goes when they come back from there, so that nobody comes
-- back twice.
CREATE TABLE login_begun (
    state       TEXT PRIMARY KEY,
    nonce       TEXT NOT NULL,
    verifier    TEXT NOT NULL,
    place       TEXT NOT NULL,
    expires_at  BIGINT NOT NULL
);
