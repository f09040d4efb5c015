#!/usr/bin/env bash
# Every operation of the OpenAPI document against the running server, with input right and wrong, all checks on.
#
#   scripts/server.sh scripts/schemathesis.sh
#
# EXAMPLES says how many cases an operation gets in each phase (10), SEED makes another choice of them (1).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

# A stream has no end to wait for; its parameters are those of the lists beside it.
# One worker: it is no slower, and reading Python's sources in two threads at once fails now and then in CPython 3.11.
PYTHONPATH=. schemathesis --config-file scripts/schemathesis.toml run openapi/dashboard.json \
  --url "$DASHBOARD_SERVER" \
  --header "Authorization: Bearer $DASHBOARD_TOKEN" \
  --exclude-path-regex '^/ws/|/stream$' \
  --checks all \
  --max-examples "${EXAMPLES:-10}" \
  --seed "${SEED:-1}" \
  --workers 1

# With the token gone, every answer would have been 401 and proved nothing.
curl --fail --silent --show-error --output /dev/null --header "Authorization: Bearer $DASHBOARD_TOKEN" "$DASHBOARD_SERVER/api/me"
