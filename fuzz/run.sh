#!/usr/bin/env bash
# Runs the fuzz targets one after the other, from the texts of the examples and the specification.
#
#   FLOWDBG_SPEC   folder with the specification's data; its examples are seeds, too
#   FUZZ_OPTIONS   options of `cargo fuzz run`  (default --sanitizer none: nothing here is unsafe)
#   usage: run.sh [SECONDS] [TARGET…]     (default 300, all targets)
#
# What is found stays in fuzz/artifacts; the corpus grows in fuzz/corpus.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
seconds=${1:-300}
[ $# -eq 0 ] || shift
targets=("$@")
[ $# -gt 0 ] || targets=(reader expressions checks)

# Seeds have the names of their contents, so that no text is there twice.
seed() { # TARGET FILE
  local name
  name=$(sha1sum <"$2" | cut -c1-16)
  cp "$2" "corpus/$1/seed-$name"
}
mkdir -p corpus/reader corpus/expressions corpus/checks
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
folders=(../examples ../tests/specs ../docs/checks)
[ -z "${FLOWDBG_SPEC:-}" ] || folders+=("$FLOWDBG_SPEC"/examples* "$FLOWDBG_SPEC"/invalid "$FLOWDBG_SPEC"/ctk)
find "${folders[@]}" -type f \( -name '*.yaml' -o -name '*.yml' -o -name '*.json' -o -name '*.md' -o -name '*.feature' \) -print |
  while IFS= read -r file; do
    case $file in
      *.md | *.feature)
        # Each block between fences or quotes is a text of its own.
        awk -v out="$scratch/block" '/^ *(```|""")/ { open = !open; n++; next } open { print > (out "-" n) }' "$file"
        for block in "$scratch"/block-*; do
          [ -e "$block" ] || continue
          seed reader "$block"
          seed checks "$block"
          rm "$block"
        done
        ;;
      *)
        seed reader "$file"
        # The target puts a `document` of its own in front.
        awk '/^[^ #]/ { skip = /^document:/ } !skip' "$file" >"$scratch/body"
        seed checks "$scratch/body"
        ;;
    esac
  done
grep -rhoE '\$\{[^}]+\}' "${folders[@]}" | sed -E 's/^\$\{ *//; s/ *\}$//' | sort -u |
  while IFS= read -r expression; do
    printf '%s' "$expression" >"$scratch/expression"
    seed expressions "$scratch/expression"
  done

# libFuzzer wants a nightly compiler's options, which this unlocks in a stable one.
export RUSTC_BOOTSTRAP=1
read -ra options <<<"${FUZZ_OPTIONS:---sanitizer none}"
for target in "${targets[@]}"; do
  printf '%s: %s seeds, %s seconds\n' "$target" "$(find "corpus/$target" -type f | wc -l)" "$seconds"
  (cd .. && cargo fuzz run "${options[@]}" "$target" -- -max_total_time="$seconds" -max_len=8192 -timeout=20 \
    -rss_limit_mb=4096 -dict=fuzz/words.dict -print_final_stats=1)
done
