# Shared by the editor tests; sourced, not run.
# shellcheck shell=bash

# The folder of this repository, whatever the working directory is.
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# Where the editors are installed.
export FLOWDBG_TOOLS=${FLOWDBG_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/flowdbg-tools}

# Prints the absolute path of the flowdbg binary that is to be tested.
flowdbg_binary() {
  local binary=${FLOWDBG_BIN:-$ROOT/target/debug/flowdbg}
  if [ ! -x "$binary" ]; then
    printf 'no flowdbg binary at %s: build it, or name one in FLOWDBG_BIN\n' "$binary" >&2
    return 1
  fi
  printf '%s/%s\n' "$(cd "$(dirname "$binary")" && pwd)" "$(basename "$binary")"
}
