#!/usr/bin/env bash
# Prints the Python to use: 3.13, else 3.12, else 3.11; those on the PATH first, then pyenv's. Refuses others.
set -u
for minor in 13 12 11; do
  candidates=("$(command -v "python3.$minor" || true)")
  for found in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3."$minor".*/bin/python3; do candidates+=("$found"); done
  candidates+=("$(command -v python3 || true)")
  for candidate in "${candidates[@]}"; do
    [ -n "$candidate" ] && [ -x "$candidate" ] || continue
    # A pyenv shim exists for versions that are not active, so ask the interpreter itself; venv must work too.
    if "$candidate" -c "import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, $minor))" 2>/dev/null; then
      echo "$candidate"
      exit 0
    fi
  done
done
echo "Python 3.11, 3.12 or 3.13 (with venv) is needed and none was found; python3 is: $(python3 --version 2>&1). Install one, for example: apt install python3 python3-venv" >&2
exit 1
