#!/usr/bin/env bash
# Node 20 or newer runs Azurite, the storage emulator of the demo and the tests.
set -u
major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/')
if [ -z "$major" ] || [ "$major" -lt 20 ]; then
  echo "Node.js 20 or newer is needed and found: $(node --version 2>&1 || echo none). See https://nodejs.org/" >&2
  exit 1
fi
command -v npm >/dev/null || { echo "npm is needed beside Node.js and was not found" >&2; exit 1; }
