// The entry point: connects the parts to VS Code.
import * as vscode from 'vscode';
import { AdapterFactory, ConfigurationProvider, DEBUG_TYPE, launch } from './debugging';
import { WorkflowDocuments } from './documents';
import { LanguageServer } from './language';
import { PATH_SETTING } from './settings';

let server: LanguageServer | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const documents = new WorkflowDocuments();
  const language = new LanguageServer(documents);
  server = language;
  context.subscriptions.push(
    documents,
    documents.onDidFind(() => void language.start()),
    vscode.debug.registerDebugConfigurationProvider(DEBUG_TYPE, new ConfigurationProvider(documents)),
    vscode.debug.registerDebugAdapterDescriptorFactory(DEBUG_TYPE, new AdapterFactory()),
    vscode.commands.registerCommand('flowdbg.debug', (target: unknown) => launch(documents, target, false)),
    vscode.commands.registerCommand('flowdbg.run', (target: unknown) => launch(documents, target, true)),
    vscode.commands.registerCommand('flowdbg.restartServer', () => language.restart()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(PATH_SETTING) && language.wanted) void language.restart();
    }),
  );
  documents.lookAtAll();
}

export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}
