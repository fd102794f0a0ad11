// The VS Code window as a user sees it and works it. Lines count from 1.
import * as path from 'node:path';

export class Workbench {
  constructor(page) {
    this.page = page;
  }

  static async open(page, url, folder) {
    await page.goto(`${url}/?${new URLSearchParams({ folder })}`);
    await page.locator('.monaco-workbench .part.statusbar').waitFor();
    // Key bindings work only when the window is restored and the explorer filled.
    await page.getByRole('tree', { name: 'Files Explorer' }).getByRole('treeitem').first().waitFor();
    return new Workbench(page);
  }

  /** Waits until `check` answers something truthy, and returns that. */
  async poll(what, check, timeout = 20_000) {
    const end = Date.now() + timeout;
    for (;;) {
      const value = await check();
      if (value) return value;
      if (Date.now() > end) throw new Error(`timed out waiting for ${what}`);
      await this.page.waitForTimeout(50);
    }
  }

  // ---- keyboard and palette ----

  press(keys) {
    return this.page.keyboard.press(keys);
  }

  async command(title) {
    await this.quickInput('F1', `>${title}`, title);
  }

  async quickInput(keys, text, pick) {
    const box = this.page.locator('.quick-input-widget input[type=text]');
    await this.press(keys);
    await box.waitFor();
    await box.fill(text);
    // Enter takes the focused row, which may be one of the list before the text.
    if (pick) await this.page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: pick }).waitFor();
    await this.press('Enter');
    await box.waitFor({ state: 'hidden' });
  }

  // ---- editor ----

  get editor() {
    return this.page.locator('.editor-group-container.active .editor-instance .monaco-editor').first();
  }

  async openFile(name) {
    const base = path.basename(name);
    await this.quickInput('Control+p', name, base);
    await this.page.locator('.tab.active').filter({ hasText: base }).first().waitFor();
    await this.editor.locator('.view-line').first().waitFor();
  }

  async goToLine(line) {
    await this.quickInput('Control+g', `:${line}`);
    await this.page.locator('#status\\.editor\\.selection').filter({ hasText: `Ln ${line},` }).waitFor();
  }

  squiggles() {
    return this.editor.locator('.squiggly-error, .squiggly-warning').count();
  }

  /** Whether a button with this title is in the editor's title bar. */
  async hasTitleButton(title) {
    return (await this.page.locator('.editor-group-container.active .editor-actions').getByRole('button', { name: title }).count()) > 0;
  }

  /** A click in the margin beside a line that is in view. */
  async clickGutter(line) {
    const number = this.editor.locator('.margin-view-overlays .line-numbers').filter({ hasText: new RegExp(`^${line}$`) });
    const box = await number.first().boundingBox();
    if (!box) throw new Error(`line ${line} is not in view`);
    const at = [box.x - 10, box.y + box.height / 2];
    await this.page.mouse.move(...at); // the hint glyph must show before the click
    await this.page.mouse.click(...at);
  }

  /** Lines that show this glyph: debug-breakpoint, debug-stackframe, … */
  async glyphLines(icon) {
    const glyphs = await this.editor.locator(`.glyph-margin-widgets [class*="codicon-${icon}"]`)
      .evaluateAll((all) => all.map((e) => e.getBoundingClientRect().top));
    const numbers = await this.editor.locator('.margin-view-overlays .line-numbers')
      .evaluateAll((all) => all.map((e) => [e.getBoundingClientRect().top, Number(e.textContent)]));
    return glyphs.map((y) => numbers.find(([other]) => Math.abs(other - y) < 4)?.[1]).sort((a, b) => a - b);
  }

  breakpointAt(line) {
    return this.poll(`the breakpoint at line ${line}`, async () => (await this.glyphLines('debug-breakpoint')).includes(line));
  }

  // ---- problems ----

  /** Waits until one problem holds each of the texts; returns all rows. */
  async problemsWith(...texts) {
    await this.command('Problems: Focus on Problems View');
    const rows = this.page.locator('.markers-panel .monaco-list-row');
    let seen = [];
    try {
      await this.poll('problems', async () => {
        seen = (await rows.allInnerTexts()).map(plain);
        return texts.every((text) => seen.some((row) => row.includes(text)));
      });
    } catch {
      throw new Error(`no problem for each of ${JSON.stringify(texts)} among ${JSON.stringify(seen)}`);
    }
    return seen;
  }

  // ---- debugging ----

  get debugToolbar() {
    return this.page.locator('.debug-toolbar');
  }

  /** Waits until the top frame is at `line`, in the call stack and in the editor. */
  async stoppedAt(line) {
    const rows = this.page.locator('.debug-call-stack .monaco-list-row .stack-frame .line-number');
    await rows.filter({ hasText: new RegExp(`^${line}(:|$)`) }).first().waitFor();
    await this.poll(`the arrow at line ${line}`, async () => (await this.glyphLines('debug-stackframe')).includes(line));
  }

  async callStack() {
    return (await this.page.locator('.debug-call-stack .monaco-list-row .stack-frame').allInnerTexts()).map(plain);
  }

  /**
   * What the Variables view shows below a scope, as { name: value }. VS Code
   * opens the first scope by itself, but not when the stop comes before the
   * view is laid out: the named scope is opened if it is shut.
   */
  async variables(scope) {
    const view = this.page.getByRole('tree', { name: 'Debug Variables' });
    const item = view.getByRole('treeitem', { name: `Scope ${scope}`, exact: true }).first();
    await item.waitFor();
    if ((await item.getAttribute('aria-expanded')) === 'false') await item.click();
    const rows = this.page.locator('.debug-variables .monaco-list-row .expression');
    return Object.fromEntries(await rows.evaluateAll((all) => all.map((row) => [
      row.querySelector('.name')?.textContent?.replace(/\s*[:=]\s*$/, ''),
      row.querySelector('.value')?.textContent,
    ])));
  }

  /** Types an expression into the Debug Console and returns what it answers. */
  async evaluate(expression) {
    await this.command('Debug Console: Focus on Debug Console View');
    const answers = this.page.locator('.repl .monaco-list-row .evaluation-result, .repl .monaco-list-row .output.expression .value');
    const before = await answers.count();
    await this.page.locator('.repl-input-wrapper .monaco-editor').click();
    await this.page.keyboard.type(expression);
    await this.press('Escape'); // shuts a list of suggestions
    await this.press('Enter');
    await this.poll('an answer in the Debug Console', async () => (await answers.count()) > before);
    return (await answers.last().innerText()).trim();
  }

  /** Waits until the Debug Console holds this text. */
  async consoleWith(text) {
    await this.command('Debug Console: Focus on Debug Console View');
    const rows = this.page.locator('.repl .monaco-list-row');
    await this.poll(`"${text}" in the Debug Console`, async () => (await rows.allInnerTexts()).some((row) => row.includes(text)));
  }

  // ---- messages ----

  /** The messages in the corner of the window: [{ text, buttons }]. */
  async notifications() {
    const toasts = this.page.locator('.notifications-toasts .notification-list-item');
    return toasts.evaluateAll((all) => all.map((toast) => ({
      text: toast.querySelector('.notification-list-item-message')?.textContent ?? '',
      buttons: [...toast.querySelectorAll('.notification-list-item-buttons-container .monaco-button')].map((b) => b.textContent),
    })));
  }

  dialog() {
    return this.page.locator('.monaco-dialog-box');
  }
}

function plain(text) {
  return text.replace(/\s+/g, ' ').trim();
}
