// Knows which of the open documents are workflows.
import * as vscode from 'vscode';
import { HEAD_LINES, isWorkflowHead, isWorkflowName } from './recognise';

const LANGUAGES = new Set(['yaml', 'json', 'jsonc']);

/**
 * The open workflow documents. A document that was recognised once stays a
 * workflow until it is closed, so that an edit of its first lines does not
 * make its diagnostics come and go.
 */
export class WorkflowDocuments implements vscode.Disposable {
  private readonly known = new Set<string>();
  private readonly found = new vscode.EventEmitter<vscode.TextDocument>();
  private readonly subscriptions: vscode.Disposable[];

  /** Fires when a document is recognised. */
  readonly onDidFind = this.found.event;

  constructor() {
    this.subscriptions = [
      vscode.workspace.onDidOpenTextDocument((document) => this.look(document)),
      vscode.workspace.onDidChangeTextDocument(({ document }) => this.look(document)),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.known.delete(document.uri.toString());
        this.updateContext();
      }),
      vscode.window.onDidChangeActiveTextEditor(() => this.updateContext()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.updateContext()),
      this.found,
    ];
  }

  /** Looks at the documents that were open before this object was made. */
  lookAtAll(): void {
    for (const document of vscode.workspace.textDocuments) this.look(document);
    this.updateContext();
  }

  /** Whether the document is a workflow; recognises it if it has just become one. */
  has(document: vscode.TextDocument): boolean {
    return this.look(document);
  }

  /** Whether an open document with this address was recognised. */
  hasUri(uri: string): boolean {
    return this.known.has(uri);
  }

  dispose(): void {
    for (const subscription of this.subscriptions) subscription.dispose();
  }

  private look(document: vscode.TextDocument): boolean {
    const uri = document.uri.toString();
    if (this.known.has(uri)) return true;
    if (!LANGUAGES.has(document.languageId) || !recognise(document)) return false;
    this.known.add(uri);
    this.updateContext();
    this.found.fire(document);
    return true;
  }

  /** Tells the `when` clauses of package.json what is on the screen. */
  private updateContext(): void {
    const known = (editor: vscode.TextEditor | undefined): boolean =>
      editor !== undefined && this.known.has(editor.document.uri.toString());
    void vscode.commands.executeCommand('setContext', 'flowdbg.isWorkflow', known(vscode.window.activeTextEditor));
    void vscode.commands.executeCommand('setContext', 'flowdbg.workflowVisible', vscode.window.visibleTextEditors.some(known));
  }
}

function recognise(document: vscode.TextDocument): boolean {
  if (isWorkflowName(document.uri.path)) return true;
  const lines: string[] = [];
  for (let i = 0; i < Math.min(document.lineCount, HEAD_LINES); i++) lines.push(document.lineAt(i).text);
  return isWorkflowHead(lines);
}
