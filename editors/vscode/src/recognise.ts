// Which files are workflows. The rule is the same in every editor and is
// described in editors/README.md; editors/test/recognition.json holds the
// cases that each implementation of it is tested with.

/** How many lines at the top of a file may hold the `document:` mapping. */
export const HEAD_LINES = 30;

const NAME = /\.workflow\.(?:yaml|yml|json)$|\.ow\.(?:yaml|yml)$/i;

/** `document:` at the left margin, and what follows the colon. */
const DOCUMENT_KEY = /^(?:document|"document"|'document')\s*:(.*)$/;
/** `"document":` as a member of a JSON object, and what follows the colon. */
const DOCUMENT_MEMBER = /(?:^|[{,])\s*"document"\s*:(.*)$/;
const DSL_KEY = /^\s+(?:dsl|"dsl"|'dsl')\s*:/;
const DSL_INLINE = /[{,]\s*(?:dsl|"dsl"|'dsl')\s*:/;

/** Whether the name alone says that a file is a workflow. */
export function isWorkflowName(path: string): boolean {
  return NAME.test(path);
}

/** Whether the first lines of a file hold a `document:` mapping with a `dsl:` key. */
export function isWorkflowHead(lines: readonly string[]): boolean {
  let inDocument = false;
  for (const line of lines.slice(0, HEAD_LINES)) {
    const start = DOCUMENT_KEY.exec(line) ?? DOCUMENT_MEMBER.exec(line);
    if (start) {
      const value = (start[1] ?? '').trim();
      if (value.startsWith('{') && DSL_INLINE.test(value)) return true;
      inDocument = value === '' || value.startsWith('#') || value.startsWith('{');
    } else if (inDocument) {
      if (DSL_KEY.test(line)) return true;
      // The mapping ends at the next key of the outer level, or at its brace.
      const blank = /^\s*(?:#.*)?$/.test(line);
      if (!blank && (/^[^\s{]/.test(line) || /^\s*\}/.test(line))) inDocument = false;
    }
  }
  return false;
}
