// What both benchmarks need: the programs, figures and tables.

import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { cpus, homedir, loadavg } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
/** The newest release that runs on Node 20; 2.0 wants 22.13. */
const YAML_LANGUAGE_SERVER = '1.25.0';

/** Ends the program with a message for a person. */
export function refuse(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

/** The release build of flowdbg, or what FLOWDBG_BIN names. */
export function flowdbg() {
  const binary = resolve(process.env.FLOWDBG_BIN ?? join(ROOT, 'target/release/flowdbg'));
  try {
    accessSync(binary, constants.X_OK);
  } catch {
    refuse(`no flowdbg at ${binary}: run \`cargo build --release -p flowdbg\`, or name one in FLOWDBG_BIN`);
  }
  return binary;
}

/** The start script of yaml-language-server, installed with npm outside the repository when it is not there. */
export function yamlLanguageServer() {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const tools = process.env.FLOWDBG_TOOLS ?? join(cache, 'flowdbg-tools');
  const folder = join(tools, 'yaml-language-server');
  const manifest = join(folder, 'node_modules/yaml-language-server/package.json');
  const version = () => (existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : undefined);
  if (version() !== YAML_LANGUAGE_SERVER) {
    mkdirSync(folder, { recursive: true });
    const args = ['install', '--no-audit', '--no-fund', '--prefix', folder, `yaml-language-server@${YAML_LANGUAGE_SERVER}`];
    execFileSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
  return { script: join(folder, 'node_modules/yaml-language-server/bin/yaml-language-server'), version: version() };
}

/** The value that so many of a hundred do not exceed. */
export function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)];
}

/** A number for a person: three digits that matter. */
export function short(value) {
  if (Number.isNaN(value)) return '–';
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}

/** What the machine was and did, to judge the figures by. */
export function machine() {
  const load = loadavg().map((value) => value.toFixed(1)).join(' ');
  return `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), load ${load}, Node ${process.versions.node}`;
}

/** Prints rows as a Markdown table, the first being its head. */
export function table(rows) {
  const [head, ...rest] = rows.map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const line = (cells) => `| ${cells.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column]))).join(' | ')} |`;
  console.log(line(head));
  console.log(`| ${widths.map((width, column) => (column ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`);
  for (const row of rest) console.log(line(row));
}
