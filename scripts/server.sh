#!/usr/bin/env bash
# Runs a command against a fresh dashboardd, then stops it.
#
#   scripts/server.sh COMMAND…
#
# The command gets DASHBOARD_SERVER and DASHBOARD_TOKEN (an administrator's). DASHBOARDD names the binary.
set -euo pipefail

[ $# -ge 1 ] || { echo "say: server.sh COMMAND…" >&2; exit 2; }
binary=${DASHBOARDD:-${CARGO_TARGET_DIR:-target}/debug/dashboardd}
data=$(mktemp -d "${TMPDIR:-/tmp}/dashboard-server.XXXXXXXX")
server=""

# shellcheck disable=SC2329 # called by the trap
stop() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  if [ "${status:-1}" -ne 0 ]; then tail -n 20 "$data/output" || true; fi
  rm -rf -- "$data"
}
trap stop EXIT

DASHBOARD_TOKEN=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
export DASHBOARD_TOKEN
DASHBOARD_ADMIN_TOKEN=$DASHBOARD_TOKEN "$binary" --listen 127.0.0.1:0 --data "$data" >"$data/output" 2>&1 </dev/null &
server=$!

for _ in $(seq 100); do
  DASHBOARD_SERVER=$(grep -aoE 'https?://127\.0\.0\.1:[0-9]+' "$data/output" | head -n 1) || true
  if [ -n "$DASHBOARD_SERVER" ]; then break; fi
  kill -0 "$server" || { echo "dashboardd ended at once" >&2; exit 1; }
  sleep 0.1
done
[ -n "$DASHBOARD_SERVER" ] || { echo "dashboardd printed no address" >&2; exit 1; }
export DASHBOARD_SERVER

status=0
"$@" || status=$?
exit "$status"
