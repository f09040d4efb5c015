#!/usr/bin/env bash
# A throw-away PostgreSQL server for tests, made from the installed binaries.
#
#   scripts/postgres.sh start DIR      start one in DIR (which must not exist) and print its URL
#   scripts/postgres.sh stop DIR       stop it and remove DIR
#   scripts/postgres.sh run COMMAND    run COMMAND with TEST_DATABASE_URL, then stop
#
# POSTGRES_SYNC=on keeps its commits durable, for measurements.
set -euo pipefail

fail() {
  echo "postgres.sh: $*" >&2
  exit 1
}

binaries() {
  local dir
  for dir in $(printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin | sort -rV); do
    if [ -x "$dir/initdb" ]; then
      echo "$dir"
      # A bare return would hand on the status of the command before the exit trap in which this may run.
      return 0
    fi
  done
  dir=$(command -v initdb) || fail "no PostgreSQL server is installed (Debian: apt-get install postgresql)"
  dirname "$(readlink -f "$dir")"
}

# PostgreSQL refuses to run as root; there it runs as its own user.
as_owner() {
  if [ "$(id -u)" -eq 0 ]; then
    setpriv --reuid=postgres --regid=postgres --init-groups -- env HOME=/tmp "$@"
  else
    "$@"
  fi
}

start() {
  local dir=$1 bin port attempt
  bin=$(binaries)
  [ ! -e "$dir" ] || fail "$dir exists"
  mkdir -p "$dir"
  chmod 711 "$dir"
  if [ "$(id -u)" -eq 0 ]; then chown postgres: "$dir"; fi
  (cd / && as_owner "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync) \
    >"$dir/initdb.log" 2>&1 || fail "initdb failed: $(tail -n 5 "$dir/initdb.log")"
  settings "$dir" >>"$dir/data/postgresql.conf"
  for attempt in 1 2 3 4 5 6 7 8; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 40000))
    # Without the redirection a caller's $(..) would wait for the server itself.
    if (cd / && as_owner "$bin/pg_ctl" -D "$dir/data" -w -t 60 -l "$dir/server.log" -o "-p $port" start) \
      >"$dir/start.log" 2>&1 </dev/null; then
      echo "postgres://postgres@127.0.0.1:$port/postgres"
      return 0
    fi
    grep -qi 'in use' "$dir/server.log" || break
    echo "port $port is taken, attempt $attempt" >&2
    rm -f "$dir/server.log"
  done
  fail "cannot start: $(tail -n 5 "$dir/server.log" "$dir/start.log")"
}

settings() {
  cat <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$1'
max_connections = 400
fsync = ${POSTGRES_SYNC:-off}
full_page_writes = ${POSTGRES_SYNC:-off}
CONF
}

stop() {
  local dir=$1 bin
  [ -f "$dir/data/PG_VERSION" ] || fail "$dir holds no server"
  bin=$(binaries)
  (cd / && as_owner "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop) >/dev/null 2>&1 || true
  rm -rf -- "$dir"
}

run() {
  local dir status=0 TEST_DATABASE_URL
  dir=$(mktemp -u "${TMPDIR:-/tmp}/dashboard-postgres.XXXXXXXX")
  TEST_DATABASE_URL=$(start "$dir")
  export TEST_DATABASE_URL
  # shellcheck disable=SC2064 # the directory of now
  trap "stop '$dir'" EXIT
  "$@" || status=$?
  return "$status"
}

command=${1:-}
[ $# -ge 2 ] || fail "say: start DIR | stop DIR | run COMMAND"
shift
case "$command" in
  start) start "$1" ;;
  stop) stop "$1" ;;
  run) run "$@" ;;
  *) fail "say: start DIR | stop DIR | run COMMAND" ;;
esac
