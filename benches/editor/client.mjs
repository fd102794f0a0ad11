// A process that speaks in frames (`Content-Length`), as language servers and debug adapters do,
// and the smallest language client on top of it.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A started process; messages that arrive go to `onMessage`. */
export class Peer {
  constructor(command, args, onMessage) {
    this.name = [command, ...args].join(' ');
    this.onMessage = onMessage;
    this.chunks = Buffer.alloc(0);
    this.stderr = '';
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdin.on('error', () => {});
    this.child.stderr.on('data', (data) => { this.stderr = (this.stderr + data).slice(-2000); });
    this.child.stdout.on('data', (data) => this.#read(data));
    this.failed = new Promise((_, reject) => {
      this.child.on('error', (error) => reject(new Error(`${this.name} does not start: ${error.message}`)));
      this.child.on('exit', (code, signal) => {
        if (!this.leaving) reject(new Error(`${this.name} ended (${signal ?? code}): ${this.stderr}`));
      });
    });
    this.failed.catch(() => {});
  }

  #read(data) {
    this.chunks = this.chunks.length ? Buffer.concat([this.chunks, data]) : data;
    for (;;) {
      const end = this.chunks.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(this.chunks.subarray(0, end).toString('latin1'))?.[1]);
      if (Number.isNaN(length)) throw new Error(`${this.name} sent a header without a length`);
      const body = end + 4;
      if (this.chunks.length < body + length) return;
      const message = JSON.parse(this.chunks.subarray(body, body + length).toString());
      this.chunks = this.chunks.subarray(body + length);
      this.onMessage(message);
    }
  }

  send(message) {
    const body = Buffer.from(JSON.stringify(message));
    this.child.stdin.write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }

  /** Peak resident memory in MB, as Linux counts it. */
  peakMemory() {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  /** Milliseconds of processor time that it has used, in all its threads; ticks are 10 ms. */
  processorTime() {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
    const [user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(11, 13).map(Number);
    return (user + system) * 10;
  }

  async stop() {
    this.leaving = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => { this.child.once('exit', resolve); });
    this.child.kill('SIGKILL');
    await gone;
  }
}

/** A language client that is only pushed diagnostics: it does not offer to ask for them. */
export class LanguageClient {
  constructor(command, args, settings) {
    this.settings = settings;
    this.answers = new Map();
    this.listeners = new Set();
    this.nextId = 1;
    this.version = 0;
    this.peer = new Peer(command, args, (message) => this.#take(message));
  }

  #take(message) {
    if (message.method === undefined) {
      this.answers.get(message.id)?.(message);
      this.answers.delete(message.id);
    } else if (message.method === 'textDocument/publishDiagnostics') {
      for (const listener of this.listeners) listener(message.params);
    } else if (message.id !== undefined) {
      const answer = message.method === 'workspace/configuration'
        ? message.params.items.map((item) => this.settings[item.section] ?? {})
        : null;
      this.peer.send({ jsonrpc: '2.0', id: message.id, result: answer });
    }
  }

  request(method, params) {
    const id = this.nextId++;
    const answer = new Promise((resolve, reject) => {
      this.answers.set(id, ({ result, error }) => (error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result)));
    });
    this.peer.send({ jsonrpc: '2.0', id, method, params });
    return Promise.race([answer, this.peer.failed]);
  }

  notify(method, params) {
    this.peer.send({ jsonrpc: '2.0', method, params });
  }

  /** Greets the server; gives what it can do. */
  async begin() {
    const { capabilities } = await this.request('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: {
        workspace: { configuration: true, didChangeConfiguration: { dynamicRegistration: true } },
        textDocument: { synchronization: {}, publishDiagnostics: { relatedInformation: true, versionSupport: true } },
      },
    });
    const sync = capabilities.textDocumentSync;
    this.incremental = (typeof sync === 'object' ? sync.change : sync) === 2;
    this.notify('initialized', {});
    this.notify('workspace/didChangeConfiguration', { settings: this.settings });
    return capabilities;
  }

  open(uri, text) {
    this.uri = uri;
    this.text = text;
    this.version = 1;
    this.notify('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
  }

  /** Replaces part of one line. The whole text is sent to a server that takes no less. */
  edit(line, from, to, typed) {
    const lines = this.text.split('\n');
    lines[line] = lines[line].slice(0, from) + typed + lines[line].slice(to);
    this.text = lines.join('\n');
    this.version += 1;
    const range = { start: { line, character: from }, end: { line, character: to } };
    const change = this.incremental ? { range, text: typed } : { text: this.text };
    const params = { textDocument: { uri: this.uri, version: this.version }, contentChanges: [change] };
    const sent = performance.now();
    this.notify('textDocument/didChange', params);
    return sent;
  }

  /** The next published diagnostics that are as wanted, with the time at which they came. */
  published(wanted, seconds) {
    let listener;
    let timer;
    const found = new Promise((resolve, reject) => {
      listener = ({ uri, version, diagnostics }) => {
        const at = performance.now();
        const stale = version !== undefined && version !== null && version !== this.version;
        if (uri === this.uri && !stale && wanted(diagnostics)) resolve({ at, diagnostics });
      };
      timer = setTimeout(() => reject(new Error(`${this.peer.name}: no such diagnostics within ${seconds} s`)), seconds * 1000);
    });
    this.listeners.add(listener);
    return Promise.race([found, this.peer.failed]).finally(() => {
      clearTimeout(timer);
      this.listeners.delete(listener);
    });
  }
}
