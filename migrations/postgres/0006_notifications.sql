-- Where notifications go. `shown` is what may be seen of `target`, which holds secrets and never leaves the server.
CREATE TABLE channels (
    id UUID NOT NULL PRIMARY KEY,
    platform TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    shown TEXT COLLATE "C" NOT NULL,
    target TEXT COLLATE "C" NOT NULL,
    home BOOLEAN NOT NULL,
    disabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE UNIQUE INDEX channels_home ON channels (platform) WHERE home = TRUE;

-- Which occasions of a project are told to a channel.
CREATE TABLE notification_rules (
    project_id UUID NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    channel_id UUID NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    occasions TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, channel_id)
);
CREATE INDEX notification_rules_of_channel ON notification_rules (channel_id);

-- Tasks whose occasions are all told to a channel.
CREATE TABLE subscriptions (
    id UUID NOT NULL PRIMARY KEY,
    task_id UUID NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
    project_id UUID NOT NULL,
    channel_id UUID NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX subscriptions_once ON subscriptions (task_id, channel_id);
CREATE INDEX subscriptions_newest ON subscriptions (created_at, id);
CREATE INDEX subscriptions_of_task ON subscriptions (task_id, created_at, id);
CREATE INDEX subscriptions_of_project ON subscriptions (project_id, created_at, id);
CREATE INDEX subscriptions_to_channel ON subscriptions (channel_id, created_at, id);

-- The outbox: put down with the event, taken from here by whoever sends. While somebody does, `lease` is that one's and
-- `due_at` is when another may try.
CREATE TABLE deliveries (
    id UUID NOT NULL PRIMARY KEY,
    channel_id UUID NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    project_id UUID,
    task_id UUID,
    event_seq BIGINT NOT NULL,
    event_type TEXT COLLATE "C" NOT NULL,
    occasion TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    due_at BIGINT,
    lease UUID,
    status BIGINT,
    answer TEXT COLLATE "C",
    ended_at BIGINT
);
CREATE UNIQUE INDEX deliveries_once ON deliveries (event_seq, channel_id);
CREATE INDEX deliveries_newest ON deliveries (created_at, id);
CREATE INDEX deliveries_by_state ON deliveries (state, created_at, id);
CREATE INDEX deliveries_of_channel ON deliveries (channel_id, created_at, id);
CREATE INDEX deliveries_of_channel_by_state ON deliveries (channel_id, state, created_at, id);
CREATE INDEX deliveries_of_project ON deliveries (project_id, created_at, id) WHERE project_id IS NOT NULL;
CREATE INDEX deliveries_of_task ON deliveries (task_id, created_at, id) WHERE task_id IS NOT NULL;
CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE due_at IS NOT NULL;
