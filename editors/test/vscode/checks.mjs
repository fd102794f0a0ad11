// Runs named checks one after the other and counts them.

/** Collects the outcome of groups of checks. */
export class Checks {
  passed = 0;
  failed = 0;
  skipped = 0;

  /**
   * Runs the checks of one session in order. They build on one another, so the
   * first failure skips the rest of its group. `onFailure` may keep evidence.
   */
  async group(title, checks, onFailure = async () => {}) {
    console.log(title);
    let broken = false;
    for (const [name, check] of checks) {
      if (broken) {
        this.skipped++;
        console.log(`  skipped  ${name}`);
        continue;
      }
      const start = Date.now();
      try {
        await check();
        this.passed++;
        console.log(`  ok       ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
      } catch (error) {
        broken = true;
        this.failed++;
        console.log(`  FAILED   ${name}\n${indent(error.stack ?? String(error))}`);
        await onFailure(name).catch((problem) => console.log(indent(`no evidence was kept: ${problem.message}`)));
      }
    }
  }

  /** Counts a failure outside any check, such as an editor that does not start. */
  fail(name, error) {
    this.failed++;
    console.log(`FAILED ${name}\n${indent(error.stack ?? String(error))}`);
  }

  /** Prints the closing line, and returns the exit status. */
  close() {
    const skipped = this.skipped ? `, ${this.skipped} skipped` : '';
    console.log(`${this.passed} passed, ${this.failed} failed${skipped}`);
    return this.failed === 0 && this.passed > 0 ? 0 : 1;
  }
}

function indent(text) {
  return text.replace(/^/gm, '           ');
}
