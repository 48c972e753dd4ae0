import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, type describe } from 'vitest';
import { describeNeeds } from '../../needs.ts';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The system's Chromium, or the one that the environment names; undefined where there is none. */
const EXECUTABLE = [process.env.CHROMIUM ?? '', ...CANDIDATES].find((path) => path !== '' && existsSync(path));

/** `describe`, skipped with its reason where no browser is installed. */
export const describeInBrowser: typeof describe | typeof describe.skip = describeNeeds(
  EXECUTABLE !== undefined,
  'Chromium, or its path in CHROMIUM',
);

interface View {
  /** In CSS pixels. */
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  /** False: as a reader without scripts sees the page. */
  readonly javaScript?: boolean;
  /** What follows the name of the file in the address, with its number sign. */
  readonly hash?: string;
}

/** A page opened from disk, with everything that it should not do. */
interface OpenPage {
  readonly page: Page;
  /** Console errors and warnings, uncaught errors, requests beyond the page itself, and dialogs. */
  readonly problems: readonly string[];
  /** The sum of all layout shifts so far but those within half a second after an input (W3C Layout Instability). */
  readonly layoutShift: () => Promise<number>;
  /** By how many pixels the page can be scrolled sideways. */
  readonly sidewaysScroll: () => Promise<number>;
}

interface ReportBrowser {
  /** Write a page to disk and open it, as somebody who has downloaded it does. Closed after the tests. */
  readonly open: (html: string, view?: View) => Promise<OpenPage>;
  /** Open an address. What it requests from its own origin is no problem. */
  readonly visit: (address: string, view?: View) => Promise<OpenPage>;
}

/** A browser for the tests of one `describe`, started before and closed after them. */
export function reportBrowser(): ReportBrowser {
  let browser: Browser;
  let folder: string;
  let count = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'shadow-gate-page-'));
    browser = await chromium.launch({
      ...(EXECUTABLE === undefined ? {} : { executablePath: EXECUTABLE }),
      args: ['--no-sandbox'],
    });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });
  const contextOf = ({ width = 1100, colorScheme = 'light', javaScript = true }: View) =>
    browser.newContext({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled: javaScript });
  return {
    open: async (html, view = {}) => {
      count += 1;
      const file = join(folder, `report-${count}.html`);
      await writeFile(file, html);
      const address = pathToFileURL(file).href;
      return openPage(await contextOf(view), `${address}${view.hash ?? ''}`, (url) => url.split('#')[0] === address);
    },
    visit: async (address, view = {}) =>
      openPage(await contextOf(view), address, (url) => new URL(url).origin === new URL(address).origin),
  };
}

/** @param isExpected whether the page may request this */
async function openPage(
  context: BrowserContext,
  address: string,
  isExpected: (url: string) => boolean,
): Promise<OpenPage> {
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => void problems.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    if (!isExpected(request.url())) problems.push(`request: ${request.url().slice(0, 200)}`);
  });
  page.on('dialog', async (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.addInitScript(RECORD_SHIFTS);
  await page.goto(address, { waitUntil: 'load' });
  return {
    page,
    problems,
    layoutShift: async () => {
      // Shifts are reported with the next frame.
      await page.waitForTimeout(FRAMES_MS);
      return page.evaluate('globalThis.layoutShift');
    },
    sidewaysScroll: () => page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
  };
}

const FRAMES_MS = 100;

/** Runs in the page before its own script. */
const RECORD_SHIFTS = `
  globalThis.layoutShift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.layoutShift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
`;
