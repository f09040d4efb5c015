#!/usr/bin/env bash
# Writes openapi/dashboard.json from the handlers, and the UI's types from that.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

# The whole workspace is named so that its crates are built with the same features as everywhere else.
UPDATE_OPENAPI=1 cargo test --workspace --locked --test openapi
npm --prefix ui run schema
