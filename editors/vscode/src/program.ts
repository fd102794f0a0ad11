// Finds the flowdbg program that the setting `flowdbg.path` names.
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

export interface Surroundings {
  /** The folder that a relative path starts at. */
  readonly folder: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
}

/** The absolute path of the program, or undefined if there is none that can be run. */
export function findProgram(setting: string, { folder, env, platform }: Surroundings): string | undefined {
  const name = setting.trim();
  if (name === '') return undefined;
  const endings = platform === 'win32' ? ['', '.exe'] : [''];
  const expanded = name === '~' || name.startsWith('~/') ? path.join(os.homedir(), name.slice(1)) : name;
  const isPath = expanded.includes('/') || (platform === 'win32' && expanded.includes('\\'));
  const folders = isPath
    ? [path.isAbsolute(expanded) ? '' : folder]
    : (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter).filter((entry) => entry !== '');
  for (const candidate of folders) {
    if (candidate === undefined) continue;
    for (const ending of endings) {
      const file = path.resolve(candidate, expanded + ending);
      if (canRun(file)) return file;
    }
  }
  return undefined;
}

function canRun(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
