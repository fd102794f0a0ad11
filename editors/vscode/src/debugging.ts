// Debugging: completes a launch configuration and starts the debug adapter.
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { WorkflowDocuments } from './documents';
import { requireProgram } from './settings';

export const DEBUG_TYPE = 'flowdbg';

/** Makes F5 work without a launch.json, and fills in what a configuration leaves out. */
export class ConfigurationProvider implements vscode.DebugConfigurationProvider {
  constructor(private readonly documents: WorkflowDocuments) {}

  resolveDebugConfiguration(
    _folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration | undefined {
    // F5 without a launch.json hands over an empty configuration, to which only
    // "run without debugging" may have added its mark.
    if (!configuration.type && !configuration.request && !configuration.name) {
      const document = vscode.window.activeTextEditor?.document;
      if (document?.uri.scheme !== 'file' || !this.documents.has(document)) {
        void vscode.window.showErrorMessage(
          document ? notAWorkflow(document) : 'flowdbg: open the workflow file that you want to debug.',
        );
        return undefined;
      }
      return { ...configuration, ...launchOf(document.uri) };
    }
    return { program: '${file}', ...configuration };
  }

  resolveDebugConfigurationWithSubstitutedVariables(
    folder: vscode.WorkspaceFolder | undefined,
    configuration: vscode.DebugConfiguration,
  ): vscode.DebugConfiguration | undefined {
    const { program } = configuration as { program?: unknown };
    if (typeof program !== 'string' || program === '') {
      void vscode.window.showErrorMessage('flowdbg: "program" in the launch configuration must be the path of a workflow file.');
      return undefined;
    }
    // A missing binary is told here, once, before a session appears.
    if (requireProgram() === undefined) return undefined;
    const base = folder ?? vscode.workspace.workspaceFolders?.[0];
    const file = base ? path.resolve(base.uri.fsPath, program) : program;
    return { ...configuration, program: file };
  }
}

/** Runs `flowdbg dap` and speaks to it over its standard streams. */
export class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  createDebugAdapterDescriptor(session: vscode.DebugSession): vscode.DebugAdapterDescriptor {
    if (!vscode.workspace.isTrusted) {
      throw new Error('flowdbg runs workflows in trusted workspaces only, since a workflow may run scripts and call services.');
    }
    const program = requireProgram();
    if (program === undefined) throw new Error('The flowdbg program is missing.');
    const cwd = session.workspaceFolder?.uri.fsPath;
    return new vscode.DebugAdapterExecutable(program, ['dap'], cwd === undefined ? {} : { cwd });
  }
}

/** The commands "Debug workflow" and "Run workflow without debugging". */
export async function launch(documents: WorkflowDocuments, target: unknown, noDebug: boolean): Promise<void> {
  // A menu passes the address of its file; the palette passes nothing.
  const uri = target instanceof vscode.Uri ? target : vscode.window.activeTextEditor?.document.uri;
  if (!uri) {
    void vscode.window.showErrorMessage('flowdbg: open the workflow file that you want to run.');
    return;
  }
  const document = await vscode.workspace.openTextDocument(uri);
  if (!documents.has(document)) {
    void vscode.window.showErrorMessage(notAWorkflow(document));
    return;
  }
  if (document.isDirty && !(await document.save())) return;
  await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(uri), launchOf(document.uri), { noDebug });
}

function launchOf(uri: vscode.Uri): vscode.DebugConfiguration {
  const name = path.basename(uri.fsPath);
  return { type: DEBUG_TYPE, request: 'launch', name: `Debug ${name}`, program: uri.fsPath };
}

function notAWorkflow(document: vscode.TextDocument): string {
  return `flowdbg: ${path.basename(document.uri.path)} is not a workflow file: neither its name (*.workflow.yaml, …) `
    + 'nor a "document:" mapping with a "dsl:" key at its top says so.';
}
