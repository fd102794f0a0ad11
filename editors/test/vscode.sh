#!/usr/bin/env bash
# The VS Code extension in a real VS Code (code-server) and headless Chromium.
#
#   FLOWDBG_BIN       the binary to test      (default target/debug/flowdbg)
#   FLOWDBG_TOOLS     where editors are kept  (default ~/.cache/flowdbg-tools)
#   FLOWDBG_CHROMIUM  the browser             (default chromium on PATH)
#   usage: vscode.sh
#
# Installs what is missing, packages the extension, runs the extension's own
# tests and then the session in vscode/main.mjs. The last line is
# "N passed, N failed"; the exit status is 0 only if nothing failed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"

binary=$(flowdbg_binary)
"$here/install-code-server.sh"
chromium=${FLOWDBG_CHROMIUM:-$(command -v chromium)} || { echo 'no chromium on PATH' >&2; exit 1; }

extension=$ROOT/editors/vscode
(
  cd "$extension"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  npm run -s package -- >&2
  npm run -s test
)

home=$FLOWDBG_TOOLS/code-server
exec timeout --kill-after=10 300 "$home/bin/node24" "$here/vscode/main.mjs" \
  --home "$home" --chromium "$chromium" --vsix "$extension/flowdbg.vsix" \
  --flowdbg "$binary" --workspace "$here/workspace" --out "$here/out"
