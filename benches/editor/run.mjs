// From a keystroke to its diagnostics: flowdbg beside yaml-language-server with the official schema.
//
// Both servers get the same greeting, the same text and the same edits, one letter that makes a key
// in the middle of the text unknown and the removal of that letter, from the same client in the same
// run. Measured is the time from writing `didChange` to the diagnostics that show (or no longer show)
// what the edit did. yaml-language-server waits 200 ms for further edits before it looks at a text;
// its figures are given with that wait and without. The processor time that an edit costs tells more
// than the clock when the machine is busy with other things.
//
//   node benches/editor/run.mjs [--lines 200,2000,20000] [--edits 200] [--seconds 60] [--pause 20] [--only flowdbg|yaml]

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

import { LanguageClient } from './client.mjs';
import { flowdbg, machine, percentile, refuse, short, table, yamlLanguageServer } from './support.mjs';
import { middle, workflow } from './workflow.mjs';

/** How long yaml-language-server waits after an edit (`validationDelayMs` in its settings). */
const DEBOUNCE = 200;
/** Edits before the clock counts: code is compiled, caches are filled. */
const WARM_UP = 6;
/** Edits that are made however long they take. */
const FEWEST = 10;
/** How long one answer may take, in seconds. */
const PATIENCE = 120;

const { values: options } = parseArgs({
  options: {
    lines: { type: 'string', default: '200,2000,20000' },
    edits: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '60' },
    pause: { type: 'string', default: '20' },
    only: { type: 'string' },
  },
});
const number = (text, least) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) refuse(`\`${text}\` is not a whole number of ${least} or more`);
  return value;
};
const sizes = options.lines.split(',').map((lines) => number(lines, 100));
const [edits, seconds, pause] = [number(options.edits, FEWEST), number(options.seconds, 1), number(options.pause, 0)];

/** Diagnostics as a text that is the same exactly if they are. */
const shown = (diagnostics) =>
  diagnostics.map(({ range, message }) => `${range.start.line + 1}: ${message.replaceAll('\n', ' ')}`).sort().join('\n');

async function measure(server, lines) {
  const text = workflow(lines);
  const spot = middle(text);
  const client = new LanguageClient(server.command, server.args, server.settings);
  try {
    await client.begin();
    // Time to fetch the settings and the schema, which is not what is measured.
    await sleep(500);
    const opened = performance.now();
    client.open(`file:///benches/long-${lines}.workflow.yaml`, text);
    let last = await client.published(() => true, PATIENCE);
    // A server may look again when the schema has come: the newest word counts.
    for (let quiet = false; !quiet;) {
      const wait = 1 + (2 * (last.at - opened)) / 1000;
      last = await client.published(() => true, wait).catch(() => { quiet = true; return last; });
    }
    const clean = shown(last.diagnostics);
    const times = [];
    let seen = '';
    let [began, used] = [performance.now(), 0];
    for (let at = 0; at < WARM_UP + edits; at += 1) {
      if (at === WARM_UP) [began, used] = [performance.now(), client.peer.processorTime()];
      if (at >= WARM_UP + FEWEST && at % 2 === 0 && performance.now() - began > seconds * 1000) break;
      const breaks = at % 2 === 0;
      const answered = client.published((diagnostics) => (shown(diagnostics) !== clean) === breaks, PATIENCE);
      const sent = breaks
        ? client.edit(spot.line, spot.character, spot.character, spot.typed)
        : client.edit(spot.line, spot.character, spot.character + spot.typed.length, '');
      const { at: came, diagnostics } = await answered;
      if (at >= WARM_UP) times.push(came - sent);
      if (breaks) seen = shown(diagnostics);
      await sleep(pause);
    }
    const processor = (client.peer.processorTime() - used) / times.length;
    return { times, processor, memory: client.peer.peakMemory(), clean, seen, edited: spot.line + 1 };
  } finally {
    await client.peer.stop();
  }
}

function servers() {
  const list = [];
  if (options.only !== 'yaml') list.push({ name: 'flowdbg', command: flowdbg(), args: ['lsp'], settings: {}, debounce: 0 });
  if (options.only === 'flowdbg') return list;
  if (!process.env.FLOWDBG_SPEC) refuse('FLOWDBG_SPEC does not name the folder with the specification\'s data (schema/workflow-1.0.3.json)');
  const schema = resolve(join(process.env.FLOWDBG_SPEC, 'schema/workflow-1.0.3.json'));
  if (!existsSync(schema)) refuse(`there is no schema at ${schema}`);
  const { script, version } = yamlLanguageServer();
  const yaml = { schemas: { [pathToFileURL(schema).href]: '*.workflow.yaml' }, schemaStore: { enable: false }, validate: true };
  list.push({ name: `yaml-language-server ${version}`, command: process.execPath, args: [script, '--stdio'], settings: { yaml }, debounce: DEBOUNCE });
  return list;
}

const rows = [['lines', 'server', 'edits', 'p50 ms', 'p99 ms', 'p50 without wait', 'p99 without wait', 'CPU ms per edit', 'peak MB']];
const ratios = [['lines', 'p50', 'p99', 'p50 without wait', 'p99 without wait', 'CPU', 'memory']];
const list = servers();
console.log(`before: ${machine()}`);
for (const lines of sizes) {
  const results = [];
  for (const server of list) {
    const result = await measure(server, lines);
    const [p50, p99] = [percentile(result.times, 50), percentile(result.times, 99)];
    const bare = [p50, p99].map((value) => value - server.debounce);
    results.push([p50, p99, ...bare, result.processor, result.memory]);
    rows.push([lines, server.name, result.times.length, ...results.at(-1).map(short)]);
    console.log(`${lines} lines, ${server.name}: the edit of line ${result.edited} shows\n  ${result.seen.replaceAll('\n', '\n  ')}`);
    if (result.clean) console.log(`  and the text as it was:\n  ${result.clean.split('\n').slice(0, 5).join('\n  ')}`);
  }
  if (results.length === 2) ratios.push([lines, ...results[1].map((value, at) => `${short(value / results[0][at])} ×`)]);
}
console.log(`after: ${machine()}\n`);
table(rows);
if (ratios.length > 1) {
  console.log('\nflowdbg is better by:\n');
  table(ratios);
}
