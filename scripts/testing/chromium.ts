import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LockstepError } from '@lockstep/protocol';
import { type Browser, chromium } from 'playwright-core';

const INSTALL_TIMEOUT_MS = 600_000;

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** A headless Chromium: the one installed, else Playwright's download, else Debian's package when root. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: findChromium(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

/** The path of a Chromium; installs one where there is none. Throws BROWSER_MISSING with what to install. */
export function findChromium(): string {
  const found = installedChromium();
  if (found !== null) return found;
  for (const install of [installFromPlaywright, installFromDebian]) {
    install();
    const installed = installedChromium();
    if (installed !== null) return installed;
  }
  throw new LockstepError('BROWSER_MISSING', {
    message: 'No Chromium was found, and none could be installed.',
    remedy: 'Install Chromium or Chrome, or set CHROMIUM_PATH to its executable.',
  });
}

function installedChromium(): string | null {
  const candidates = [process.env.CHROMIUM_PATH, chromium.executablePath(), ...INSTALLED];
  return candidates.find((path) => path !== undefined && path !== '' && existsSync(path)) ?? null;
}

function installFromPlaywright(): void {
  const cli = join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js');
  attempt(process.execPath, [cli, 'install', 'chromium']);
}

function installFromDebian(): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  attempt('apt-get', ['update', '-qq']);
  attempt('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium']);
}

/** Runs an installer; whether it worked is seen by looking for the browser. */
function attempt(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: INSTALL_TIMEOUT_MS });
  } catch {
    // The next way is tried, and the last one's failure becomes one clear error.
  }
}
