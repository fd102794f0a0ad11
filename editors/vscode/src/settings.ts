// The extension's settings, and the one message about a missing program.
import * as vscode from 'vscode';
import { findProgram } from './program';

export const PATH_SETTING = 'flowdbg.path';

/** The flowdbg program, or undefined after telling the user that it is missing. */
export function requireProgram(): string | undefined {
  const setting = vscode.workspace.getConfiguration().get<string>(PATH_SETTING, 'flowdbg');
  const program = findProgram(setting, {
    folder: vscode.workspace.workspaceFolders?.[0]?.uri.fsPath,
    env: process.env,
    platform: process.platform,
  });
  if (program === undefined) void tellMissing(setting);
  return program;
}

async function tellMissing(setting: string): Promise<void> {
  const open = 'Open Setting';
  const answer = await vscode.window.showErrorMessage(
    `flowdbg: no program "${setting}" was found. Install flowdbg, or set "${PATH_SETTING}" to where it is.`,
    open,
  );
  if (answer !== open) return;
  // The setting belongs to a machine: in a remote window, to the remote one.
  const page = vscode.env.remoteName === undefined ? 'openSettings' : 'openRemoteSettings';
  await vscode.commands.executeCommand(`workbench.action.${page}`, { query: PATH_SETTING });
}
