// Where the flowdbg program is looked for.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import { findProgram } from '../src/program';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flowdbg-program-'));
after(() => fs.rmSync(folder, { recursive: true }));
fs.mkdirSync(path.join(folder, 'bin/flowdbg'), { recursive: true });
fs.mkdirSync(path.join(folder, 'tools'));
const program = path.join(folder, 'tools/flowdbg');
fs.writeFileSync(program, '', { mode: 0o755 });
fs.writeFileSync(path.join(folder, 'tools/notes'), '', { mode: 0o644 });

const bins = [path.join(folder, 'nowhere'), path.join(folder, 'bin'), path.join(folder, 'tools')].join(path.delimiter);
const find = (setting: string, at: string | undefined = folder): string | undefined =>
  findProgram(setting, { folder: at, env: { PATH: bins }, platform: 'linux' });

test('a name is looked up on PATH, past folders of the same name', () => assert.equal(find('flowdbg'), program));
test('blanks around the setting do no harm', () => assert.equal(find(' flowdbg '), program));
test('an absolute path is taken as it is', () => assert.equal(find(program), program));
test('a relative path starts at the workspace folder', () => assert.equal(find('./tools/flowdbg'), program));
test('a relative path without a workspace finds nothing', () =>
  assert.equal(findProgram('./tools/flowdbg', { folder: undefined, env: { PATH: bins }, platform: 'linux' }), undefined));
test('a file that may not be run is not a program', () => assert.equal(find('notes'), undefined));
test('an absent program is not found', () => assert.equal(find('flowdbg-absent'), undefined));
test('an empty setting finds nothing', () => assert.equal(find('  '), undefined));
