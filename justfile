# The commands people type. `just` alone lists them.

_list:
    @{{just_executable()}} --list --unsorted

# Serve on 127.0.0.1:8080 with a SQLite file in the user's data directory.
run *ARGS:
    cargo run --release -- {{ARGS}}

# Pass all tests, installing what is missing.
test *PARTS:
    ./test {{PARTS}}

# The inner loop: format, lints, Rust tests on SQLite, UI unit tests.
check:
    ./test --quick

# Write the OpenAPI document and what is made from it.
openapi:
    scripts/openapi.sh

# Serve the UI from its sources against a server on 127.0.0.1:8080, reloading on change.
ui:
    npm --prefix ui ci --no-audit --no-fund
    npm --prefix ui run dev

# Measure every figure beside its limit and write docs/benchmarks.md.
bench *ARGS:
    cargo build --release --locked -p dashboardd -p dashboard-bench
    POSTGRES_SYNC=on scripts/postgres.sh run "${CARGO_TARGET_DIR:-target}/release/dashboard-bench" {{ARGS}}

# Measure the board of 10,000 cards in a browser; wants a machine that does nothing else.
bench-ui:
    cargo build --release --locked -p dashboardd
    DASHBOARDD="${CARGO_TARGET_DIR:-$PWD/target}/release/dashboardd" npm --prefix ui run bench

# Kill the server a hundred times on each engine and look for what it lost.
crash KILLS="100":
    KILLS={{KILLS}} ./test crash

# Let two workers drain a board while the server and one of them are killed, on each engine.
drain TASKS="200" KILLS="6":
    TASKS={{TASKS}} KILLS={{KILLS}} ./test drain

# Tell so many random histories, from a seed on, on each engine, and hold each against the rules.
simulate HISTORIES="1000" SEED="0":
    scripts/postgres.sh run env DASHBOARD_SIMULATE={{HISTORIES}} DASHBOARD_SEED={{SEED}} \
        cargo test --profile simulate --workspace --test use_cases simulator -- --nocapture

# Throw more input at the parsers than the tests do.
fuzz CASES="100000":
    PROPTEST_CASES={{CASES}} cargo test --release -p dashboard-ingest
