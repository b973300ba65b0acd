#!/usr/bin/env bash
# Chromium for the tests that look at pages: installed where it is absent and this user may, named where not.
set -u
for name in chromium chromium-browser google-chrome; do command -v "$name" >/dev/null && exit 0; done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing Chromium for the browser tests"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >/dev/null 2>&1 && exit 0
fi
echo "Chromium is not here, so the browser tests are skipped. Install it, for example: sudo apt install chromium" >&2
