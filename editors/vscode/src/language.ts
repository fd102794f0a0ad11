// The language server: started with the first workflow, told of workflows only.
import * as vscode from 'vscode';
import {
  DidOpenTextDocumentNotification, LanguageClient, type LanguageClientOptions, type Middleware,
} from 'vscode-languageclient/node';
import type { WorkflowDocuments } from './documents';
import { requireProgram } from './settings';

/**
 * Owns the one language client. Starts, stops and restarts are carried out one
 * after the other in the order in which they were asked for.
 */
export class LanguageServer {
  private client: LanguageClient | undefined;
  private queue: Promise<void> = Promise.resolve();
  private asked = false;

  constructor(private readonly documents: WorkflowDocuments) {}

  /** Starts the server unless it is there already. */
  start(): Promise<void> {
    return this.enqueue(() => this.startNow());
  }

  stop(): Promise<void> {
    return this.enqueue(() => this.stopNow());
  }

  restart(): Promise<void> {
    return this.enqueue(async () => {
      await this.stopNow();
      await this.startNow();
    });
  }

  /** Whether a server was asked for, so that a changed setting concerns it. */
  get wanted(): boolean {
    return this.asked;
  }

  private enqueue(step: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(step).catch((error: unknown) => {
      void vscode.window.showErrorMessage(`flowdbg: the language server could not be started or stopped: ${String(error)}`);
    });
    return this.queue;
  }

  private async startNow(): Promise<void> {
    this.asked = true;
    if (this.client) return;
    const program = requireProgram();
    if (program === undefined) return;
    const client = new LanguageClient('flowdbg', 'flowdbg', { command: program, args: ['lsp'] }, this.options());
    this.client = client;
    await client.start();
  }

  private async stopNow(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    await client?.dispose();
  }

  /** Whether the server has something to say about a document: a workflow, or the settings of the checks. */
  private concerns(document: vscode.TextDocument): boolean {
    return this.documents.has(document) || isSettings(document);
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [
        ...['yaml', 'json', 'jsonc'].flatMap((language) => [{ language, scheme: 'file' }, { language, scheme: 'untitled' }]),
        { scheme: 'file', pattern: '**/flowdbg.toml' },
      ],
      diagnosticCollectionName: 'flowdbg',
      diagnosticPullOptions: {
        filter: (document) => !this.concerns(document),
      },
      middleware: this.gate(),
    };
  }

  /**
   * Keeps every file that does not concern the server away from it. The selector
   * must name whole languages, since a file is recognised by its content too;
   * this gate drops what concerns the other files of those languages.
   */
  private gate(): Middleware {
    const concerns = (document: vscode.TextDocument): boolean => this.concerns(document);
    const open = new Set<string>();
    return {
      didOpen: async (document, next) => {
        if (!concerns(document)) return;
        open.add(document.uri.toString());
        await next(document);
      },
      didChange: async (event, next) => {
        if (open.has(event.document.uri.toString())) {
          await next(event);
        } else if (concerns(event.document)) {
          // The edit has made the file a workflow: it opens for the server now.
          const feature = this.client?.getFeature(DidOpenTextDocumentNotification.method);
          await feature?.getProvider(event.document)?.send(event.document);
        }
      },
      didClose: async (document, next) => {
        if (open.delete(document.uri.toString())) await next(document);
      },
      willSave: async (event, next) => {
        if (open.has(event.document.uri.toString())) await next(event);
      },
      willSaveWaitUntil: async (event, next) => (open.has(event.document.uri.toString()) ? next(event) : []),
      didSave: async (document, next) => {
        if (open.has(document.uri.toString())) await next(document);
      },
      sendRequest: async (type, param, token, next) => {
        const uri = subject(param);
        // Every request about a document may be answered with null.
        if (uri !== undefined && !open.has(uri)) return null as never;
        return next(type, param, token);
      },
    };
  }
}

function isSettings(document: vscode.TextDocument): boolean {
  return document.uri.scheme === 'file' && document.uri.path.endsWith('/flowdbg.toml');
}

/** The document that a request is about, if it is about one. */
function subject(param: unknown): string | undefined {
  if (typeof param !== 'object' || param === null || !('textDocument' in param)) return undefined;
  const { textDocument } = param;
  if (typeof textDocument !== 'object' || textDocument === null || !('uri' in textDocument)) return undefined;
  return typeof textDocument.uri === 'string' ? textDocument.uri : undefined;
}
