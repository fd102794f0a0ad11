// The extension in a real VS Code: diagnostics and a debug session, worked
// through the window as a user does. Started by ../vscode.sh.
//
//   node main.mjs --home DIR --chromium FILE --vsix FILE --flowdbg FILE --workspace DIR --out DIR
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { openBrowser } from './browser.mjs';
import { Checks } from './checks.mjs';
import { CodeServer } from './code-server.mjs';
import { Workbench } from './workbench.mjs';

const GOOD = 'good.workflow.yaml';
const BROKEN = 'broken.workflow.yaml';
const BY_CONTENT = 'by-content.yaml';
const PLAIN = 'plain.yaml';
const LIMIT = 240_000; // for everything; a hang ends here, with what was seen so far

const { values: options } = parseArgs({
  options: Object.fromEntries(['home', 'chromium', 'vsix', 'flowdbg', 'workspace', 'out'].map((name) => [name, { type: 'string' }])),
});

/** The line of the fixture that holds this text. */
const lines = (await fs.readFile(path.join(options.workspace, GOOD), 'utf8')).split('\n');
function lineOf(text) {
  const line = lines.findIndex((candidate) => candidate.includes(text)) + 1;
  assert.ok(line > 0, `${GOOD} has no line with ${text}`);
  return line;
}

/** Runs `body` in a fresh editor with a copy of the workspace open. */
async function inEditor(name, server, body) {
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), 'flowdbg-vscode-'));
  const workspace = path.join(dir, 'workspace');
  await fs.cp(options.workspace, workspace, { recursive: true });
  let codeServer;
  let opened;
  try {
    codeServer = await CodeServer.start({
      home: options.home, dir, vsix: options.vsix, machine: { 'flowdbg.path': options.flowdbg }, ...server,
    });
    opened = await openBrowser({ home: options.home, executable: options.chromium });
    const evidence = async (check) => {
      await fs.mkdir(options.out, { recursive: true });
      await opened.page.screenshot({ path: path.join(options.out, `${name} - ${check}.png`) });
      await fs.writeFile(path.join(options.out, `${name}.log`), codeServer.log());
      console.log(`           a screenshot and the server's log are in ${options.out}`);
    };
    const window = await Workbench.open(opened.page, codeServer.url, workspace).catch(async (error) => {
      await evidence('start');
      throw error;
    });
    await body({ window, codeServer, outside: opened.outside, evidence });
  } finally {
    await opened?.browser.close();
    await codeServer?.stop();
    await fs.rm(dir, { recursive: true, force: true });
  }
}

function diagnostics({ window, outside }) {
  return [
    ['a wrong workflow is underlined', async () => {
      await window.openFile(BROKEN);
      await window.poll('the squiggles', async () => (await window.squiggles()) >= 2);
    }],
    ['the Problems view names both of its faults', async () => {
      await window.problemsWith('nowhere', 'colour');
    }],
    ['a plain YAML file has no button of ours', async () => {
      await window.openFile(BROKEN);
      await window.poll('the button on a workflow', () => window.hasTitleButton(/Debug workflow/));
      await window.openFile(PLAIN);
      await window.poll('the button to go', async () => !(await window.hasTitleButton(/Debug workflow/)));
      assert.equal(await window.squiggles(), 0);
    }],
    // The server answers in order: had it been told of the plain file, that
    // file's problems would be there before those of the next one.
    ['a workflow known by its content is checked, the plain file is not', async () => {
      await window.openFile(BY_CONTENT);
      const rows = await window.problemsWith('elsewhere');
      assert.ok(!rows.some((row) => row.includes(PLAIN)), `problems in ${PLAIN}: ${JSON.stringify(rows)}`);
    }],
    ['a plain file becomes a workflow while it is typed', async () => {
      await window.openFile(PLAIN);
      await window.press('Control+Home');
      await window.page.keyboard.insertText("document: { dsl: '1.0.3', namespace: editors, name: typed, version: '0.1.0' }\n");
      await window.problemsWith(PLAIN);
      await window.openFile(PLAIN);
      await window.command('File: Revert File');
    }],
    ['nothing outside this machine was asked for', async () => assert.deepEqual(outside, [])],
  ];
}

function debugging({ window }) {
  const greet = lineOf('- greet:');
  const double = lineOf('- double:');
  const tell = lineOf('- tell:');
  return [
    ['F9 and a click in the margin set breakpoints', async () => {
      await window.openFile(GOOD);
      await window.goToLine(greet);
      await window.press('F9');
      await window.breakpointAt(greet);
      await window.clickGutter(tell);
      await window.breakpointAt(tell);
    }],
    ['a valid workflow has no problem', async () => assert.equal(await window.squiggles(), 0)],
    ['F5 without a launch.json stops at the first breakpoint', async () => {
      await window.press('F5');
      await window.debugToolbar.waitFor();
      await window.stoppedAt(greet);
    }],
    ['the call stack names the task', async () => {
      const frames = await window.callStack();
      assert.ok(frames[0]?.includes('greet'), JSON.stringify(frames));
    }],
    ['the Variables view shows the input from input.json', async () => {
      let seen;
      await window.poll('the input', async () => {
        seen = await window.variables('Input');
        return seen.name?.includes('world') && 'numbers' in seen;
      }).catch((error) => {
        throw new Error(`${error.message}; seen: ${JSON.stringify(seen)}`);
      });
    }],
    ['the Debug Console evaluates jq', async () => {
      assert.equal(await window.evaluate('.numbers | add'), '6');
    }],
    ['F10 steps over to the next task', async () => {
      await window.press('F10');
      await window.stoppedAt(double);
    }],
    ['F5 goes on to the second breakpoint', async () => {
      await window.press('F5');
      await window.stoppedAt(tell);
    }],
    ['F5 ends the run', async () => {
      await window.press('F5');
      await window.debugToolbar.waitFor({ state: 'hidden' });
    }],
    ['a run without debugging passes the breakpoints and shows the output', async () => {
      await window.openFile(GOOD);
      await window.command('flowdbg: Run workflow without debugging');
      await window.consoleWith('The last one is 6');
      await window.debugToolbar.waitFor({ state: 'hidden' });
    }],
  ];
}

function missingProgram({ window, codeServer }) {
  return [
    ['a missing program is told once, with a button to the setting', async () => {
      await codeServer.setMachineSettings({ 'flowdbg.path': '/nowhere/flowdbg' });
      const ours = async () => (await window.notifications()).filter(({ text }) => text.includes('/nowhere/flowdbg'));
      const messages = await window.poll('the message', async () => {
        const seen = await ours();
        return seen.length > 0 && seen;
      });
      assert.equal(messages.length, 1, JSON.stringify(messages));
      assert.deepEqual(messages[0].buttons, ['Open Setting']);
    }],
    ['the button opens the setting', async () => {
      await window.page.locator('.notifications-toasts').getByRole('button', { name: 'Open Setting' }).click();
      const found = window.page.locator('.settings-editor .setting-item-label, .settings-editor .setting-item-category');
      await found.filter({ hasText: 'Path' }).first().waitFor();
    }],
  ];
}

function restricted({ window }) {
  return [
    ['the window is in Restricted Mode', async () => {
      await window.page.locator('.part.statusbar, .part.banner').filter({ hasText: 'Restricted Mode' }).first().waitFor();
    }],
    ['a wrong workflow is underlined all the same', async () => {
      await window.openFile(BROKEN);
      await window.poll('the squiggles', async () => (await window.squiggles()) >= 2);
    }],
    ['debugging asks for trust first', async () => {
      await window.openFile(GOOD);
      await window.command('flowdbg: Debug workflow');
      await window.dialog().filter({ hasText: /trust/i }).waitFor();
    }],
  ];
}

async function main(checks) {
  await inEditor('trusted', {}, async (editor) => {
    await checks.group('Diagnostics in VS Code', diagnostics(editor), editor.evidence);
    await checks.group('Debugging in VS Code', debugging(editor), editor.evidence);
    await checks.group('Without the program', missingProgram(editor), editor.evidence);
  });
  await inEditor('restricted', { trust: true }, async (editor) => {
    await checks.group('In an untrusted workspace', restricted(editor), editor.evidence);
  });
}

const checks = new Checks();
for (const [name, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]]) process.on(name, () => process.exit(code));
setTimeout(() => {
  checks.fail('the whole test', new Error(`no end after ${LIMIT / 1000} s`));
  process.exit(checks.close());
}, LIMIT).unref();
await main(checks).catch((error) => checks.fail('the editor', error));
process.exit(checks.close());
