// Starts code-server, which is VS Code behind a web server, on a free loopback
// port. Everything it keeps lies below one fresh folder.
import { execFile, spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';

/** Settings that keep VS Code quiet, offline and the same every time. */
const QUIET = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden', // the chat side bar
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'editor.minimap.enabled': false,
  'editor.cursorBlinking': 'solid',
  'window.confirmBeforeClose': 'never',
  'json.schemaDownload.enable': false,
};

export class CodeServer {
  constructor(fields) {
    Object.assign(this, fields);
  }

  /**
   * Installs the extension and starts the server.
   *   home     the folder that install-code-server.sh filled
   *   dir      a fresh folder for all of the server's files
   *   machine  settings of the machine, which are where `flowdbg.path` belongs
   *   trust    whether workspace trust is in force (an unknown folder is then restricted)
   */
  static async start({ home, dir, vsix, machine = {}, trust = false }) {
    const user = path.join(dir, 'user');
    const settings = { ...QUIET, 'security.workspace.trust.enabled': trust, 'security.workspace.trust.startupPrompt': 'never' };
    const machineFile = path.join(user, 'Machine/settings.json');
    await writeJson(path.join(user, 'User/settings.json'), settings);
    await writeJson(machineFile, machine);
    const config = path.join(dir, 'config.yaml');
    await fs.writeFile(config, 'auth: none\n'); // else a file in the user's home is written
    const binary = path.join(home, 'bin/code-server');
    const folders = ['--config', config, '--user-data-dir', user, '--extensions-dir', path.join(dir, 'extensions')];
    const env = {
      ...process.env,
      EXTENSIONS_GALLERY: '{}', // no marketplace is asked
      VSCODE_IPC_HOOK_CLI: '', // set when run from a VS Code terminal
    };
    await promisify(execFile)(binary, [...folders, '--install-extension', vsix], { env });
    const child = spawn(binary, [
      ...folders, '--auth', 'none', '--bind-addr', '127.0.0.1:0', '--disable-telemetry', '--disable-update-check',
      ...(trust ? [] : ['--disable-workspace-trust']),
    ], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const server = new CodeServer({ child, machineFile, text: '' });
    server.exited = new Promise((resolve) => child.once('exit', resolve));
    server.killAtExit = () => server.signal('SIGKILL');
    process.once('exit', server.killAtExit);
    server.url = await server.listening();
    return server;
  }

  /** Everything that the server has printed. */
  log() {
    return this.text;
  }

  /** Changes the settings of the machine while the editor runs. */
  setMachineSettings(settings) {
    return writeJson(this.machineFile, settings);
  }

  /** Ends the server with its extension host, language servers and adapters. */
  async stop() {
    this.signal('SIGTERM');
    await this.exited;
    const end = Date.now() + 5000;
    while (this.signal(0) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 50));
    this.signal('SIGKILL');
    process.off('exit', this.killAtExit);
  }

  // The server leads a process group of its own: a signal to it alone would
  // leave the processes below it alive for some seconds.
  signal(name) {
    try {
      return process.kill(-this.child.pid, name);
    } catch {
      return false;
    }
  }

  listening() {
    return new Promise((resolve, reject) => {
      const read = (data) => {
        this.text += data;
        const match = /HTTP server listening on (http:\S+?)\/?\s/.exec(this.text);
        if (match) resolve(match[1]);
      };
      this.child.stdout.on('data', read);
      this.child.stderr.on('data', read);
      void this.exited.then((code) => reject(new Error(`code-server ended with ${code}:\n${this.text}`)));
    });
  }
}

async function writeJson(file, value) {
  await fs.mkdir(path.dirname(file), { recursive: true });
  await fs.writeFile(file, JSON.stringify(value, null, 2));
}
