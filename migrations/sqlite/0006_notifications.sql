-- Where notifications go. `shown` is what may be seen of `target`, which holds secrets and never leaves the server.
CREATE TABLE channels (
    id BLOB NOT NULL PRIMARY KEY,
    platform TEXT NOT NULL,
    name TEXT NOT NULL,
    shown TEXT NOT NULL,
    target TEXT NOT NULL,
    home INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX channels_home ON channels (platform) WHERE home = TRUE;

-- Which occasions of a project are told to a channel.
CREATE TABLE notification_rules (
    project_id BLOB NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    channel_id BLOB NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    occasions TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (project_id, channel_id)
) STRICT;
CREATE INDEX notification_rules_of_channel ON notification_rules (channel_id);

-- Tasks whose occasions are all told to a channel.
CREATE TABLE subscriptions (
    id BLOB NOT NULL PRIMARY KEY,
    task_id BLOB NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    project_id BLOB NOT NULL,
    channel_id BLOB NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX subscriptions_once ON subscriptions (task_id, channel_id);
CREATE INDEX subscriptions_newest ON subscriptions (created_at, id);
CREATE INDEX subscriptions_of_task ON subscriptions (task_id, created_at, id);
CREATE INDEX subscriptions_of_project ON subscriptions (project_id, created_at, id);
CREATE INDEX subscriptions_to_channel ON subscriptions (channel_id, created_at, id);

-- The outbox: put down with the event, taken from here by whoever sends. While somebody does, `lease` is that one's and
-- `due_at` is when another may try.
CREATE TABLE deliveries (
    id BLOB NOT NULL PRIMARY KEY,
    channel_id BLOB NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    project_id BLOB,
    task_id BLOB,
    event_seq INTEGER NOT NULL,
    event_type TEXT NOT NULL,
    occasion TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER,
    lease BLOB,
    status INTEGER,
    answer TEXT,
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX deliveries_once ON deliveries (event_seq, channel_id);
CREATE INDEX deliveries_newest ON deliveries (created_at, id);
CREATE INDEX deliveries_by_state ON deliveries (state, created_at, id);
CREATE INDEX deliveries_of_channel ON deliveries (channel_id, created_at, id);
CREATE INDEX deliveries_of_channel_by_state ON deliveries (channel_id, state, created_at, id);
CREATE INDEX deliveries_of_project ON deliveries (project_id, created_at, id) WHERE project_id IS NOT NULL;
CREATE INDEX deliveries_of_task ON deliveries (task_id, created_at, id) WHERE task_id IS NOT NULL;
CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE due_at IS NOT NULL;
