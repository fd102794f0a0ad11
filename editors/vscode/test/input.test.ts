// The input of a workflow whose launch configuration names none.
import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import { defaultInput } from '../src/input';

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'flowdbg-input-'));
after(() => fs.rmSync(root, { recursive: true }));

/** A workflow's path in a new folder, with this text in the input file beside it. */
function workflowBeside(text?: string): string {
  const folder = fs.mkdtempSync(path.join(root, 'case-'));
  if (text !== undefined) fs.writeFileSync(path.join(folder, 'input.json'), text);
  return path.join(folder, 'a.workflow.yaml');
}

test('without a file the input is an empty object', async () => {
  assert.deepEqual(await defaultInput(workflowBeside()), {});
});
test('the file may hold any JSON value', async () => {
  assert.deepEqual(await defaultInput(workflowBeside('[1, null, {"a": "b"}]')), [1, null, { a: 'b' }]);
  assert.equal(await defaultInput(workflowBeside('null')), null);
});
test('a byte order mark does no harm', async () => {
  assert.equal(await defaultInput(workflowBeside('\uFEFF7')), 7);
});
test('a broken file is an error that names it', async () => {
  await assert.rejects(defaultInput(workflowBeside('{')), /input\.json is not JSON/);
});
