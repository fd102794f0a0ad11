#!/usr/bin/env bash
# The Neovim plugin in a real Neovim, without a terminal.
#
#   FLOWDBG_BIN    the binary to test      (default target/debug/flowdbg)
#   FLOWDBG_TOOLS  where editors are kept  (default ~/.cache/flowdbg-tools)
#   NVIM_DAP       a copy of nvim-dap      (optional: one check more)
#   usage: neovim.sh [SOURCE...]           (sources of install-neovim.sh; default pypi)
#
# Installs what is missing. Each Neovim ends with a line "N passed, N failed";
# the exit status is 0 only if nothing failed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"

FLOWDBG_BIN=$(flowdbg_binary)
export FLOWDBG_BIN
[ $# -gt 0 ] || set -- pypi
"$here/install-neovim.sh" "$@"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0
for source in "$@"; do
  rm -rf "$scratch/workspace"
  cp -r "$here/workspace" "$scratch/workspace"
  # Nothing of the user's own configuration is read, nothing is left behind.
  TEST_DIR=$here WORKSPACE=$(cd "$scratch/workspace" && pwd -P) \
    XDG_CONFIG_HOME=$scratch/config XDG_DATA_HOME=$scratch/data XDG_STATE_HOME=$scratch/state XDG_CACHE_HOME=$scratch/cache \
    timeout --kill-after=10 150 "$FLOWDBG_TOOLS/neovim-$source/bin/nvim" --headless --clean \
    --cmd "set runtimepath^=$ROOT/editors/neovim" -c "luafile $here/neovim/main.lua" </dev/null || status=1
done
exit "$status"
