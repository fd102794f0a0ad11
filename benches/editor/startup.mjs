// From the start of the process to its answer to `initialize`: `flowdbg lsp` and `flowdbg dap`,
// beside the start and end of `true` and of an empty Node program in the same run.
//
//   node benches/editor/startup.mjs [--starts 50]

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';

import { Peer } from './client.mjs';
import { flowdbg, machine, percentile, refuse, short, table } from './support.mjs';

const { values: options } = parseArgs({ options: { starts: { type: 'string', default: '50' } } });
const starts = Number(options.starts);
if (!Number.isInteger(starts) || starts < 1) refuse(`\`${options.starts}\` is not a number of starts`);

/** Starts a server and greets it; gives the milliseconds until it answers. */
async function answered(command, args, greeting) {
  let peer;
  const began = performance.now();
  const answer = new Promise((resolve, reject) => {
    peer = new Peer(command, args, (message) => {
      const at = performance.now();
      if (message.id === 1 ? message.result : message.request_seq === 1 && message.success) resolve(at);
      else reject(new Error(`${peer.name} answers ${JSON.stringify(message)}`));
    });
    peer.send(greeting);
  });
  try {
    return (await Promise.race([answer, peer.failed])) - began;
  } finally {
    await peer.stop();
  }
}

/** Runs a program to its end; gives the milliseconds. */
async function ended(command, args) {
  const began = performance.now();
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const [code] = await once(child, 'exit');
  const took = performance.now() - began;
  if (code !== 0) throw new Error(`${command} ended with ${code}`);
  return took;
}

const binary = flowdbg();
const lsp = { jsonrpc: '2.0', id: 1, method: 'initialize', params: { processId: process.pid, rootUri: null, capabilities: {} } };
const dap = { seq: 1, type: 'request', command: 'initialize', arguments: { adapterID: 'flowdbg' } };
const cases = [
  ['flowdbg lsp → initialize', () => answered(binary, ['lsp'], lsp)],
  ['flowdbg dap → initialize', () => answered(binary, ['dap'], dap)],
  ['/bin/true → exit', () => ended('/bin/true', [])],
  ['node -e 0 → exit', () => ended(process.execPath, ['-e', '0'])],
];
const times = cases.map(() => []);
console.log(`before: ${machine()}`);
// Turn by turn, so that a busy moment of the machine hits all alike; the first turn warms up.
for (let turn = 0; turn <= starts; turn += 1) {
  for (const [at, [, measure]] of cases.entries()) {
    const took = await measure();
    if (turn > 0) times[at].push(took);
  }
}
console.log(`after: ${machine()}\n`);
const reference = percentile(times[2], 50);
const row = (name, values) => {
  const [p50, p99] = [percentile(values, 50), percentile(values, 99)];
  return [name, values.length, short(Math.min(...values)), short(p50), short(p99), `${short(p50 / reference)} ×`];
};
table([['start', 'starts', 'least ms', 'p50 ms', 'p99 ms', 'p50 to /bin/true'], ...cases.map(([name], at) => row(name, times[at]))]);
