// A headless Chromium that cannot leave the loopback.
import { createRequire } from 'node:module';
import * as path from 'node:path';

/**
 * Opens a page, and lists the addresses outside the loopback that it asked for.
 *   home  the folder that install-code-server.sh filled
 */
export async function openBrowser({ home, executable }) {
  const { chromium } = createRequire(path.join(home, 'driver/package.json'))('playwright-core');
  const browser = await chromium.launch({
    executablePath: executable,
    // The driver's own handlers close the browser but keep this process alive.
    handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const outside = [];
  await context.route((url) => !['127.0.0.1', 'localhost'].includes(url.hostname), (route) => {
    outside.push(route.request().url());
    return route.abort();
  });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  return { browser, page, outside };
}
