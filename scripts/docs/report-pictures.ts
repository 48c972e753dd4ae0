// The pictures of report.html in docs/reference/: npx tsx scripts/docs/report-pictures.ts [--cli FILE] [--out DIR]
// [--single DIR] Checks an example and takes pictures of its report, light and dark. Needs Chromium (CHROMIUM, or
// /usr/bin/chromium). --single also writes the whole page at 1100 and 400 pixels in both themes, to be looked at.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { sheet } from './sheet.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    cli: { type: 'string', default: join(ROOT, 'dist/cli.js') },
    out: { type: 'string', default: join(ROOT, 'docs/reference') },
    single: { type: 'string' },
  },
});

const CHECK = [
  ...['--checkpoint', 'examples/benchmark-aligned', '--reference', 'examples/base'],
  ...['--baseline', 'examples/coverage-expanding', '--policy', 'examples/shadow-gate.yml', '--quiet', '--all'],
];

interface Screen {
  readonly colorScheme: 'light' | 'dark';
  readonly width: number;
}

/** Part of a page: from the top of one section to so many pixels below it. */
interface View extends Screen {
  readonly from: string;
  readonly height: number;
}

const PICTURES: Readonly<Record<string, View>> = {
  'report-light': { colorScheme: 'light', width: 1100, from: 'overview', height: 1790 },
  'report-dark': { colorScheme: 'dark', width: 1100, from: 'spectra', height: 590 },
};

async function open(browser: Browser, file: string, { colorScheme, width }: Screen): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  await page.goto(pathToFileURL(file).href);
  // It would stand in the middle of a picture of more than a screen.
  await page.addStyleTag({ content: 'header { position: static !important; }' });
  return page;
}

/** Part of a page from the top of a section on, whole for the first one. */
async function picture(browser: Browser, file: string, view: View): Promise<Buffer> {
  const page = await open(browser, file, view);
  const box = await page.locator(`#${view.from}`).boundingBox();
  const y = view.from === 'overview' ? 0 : (box?.y ?? 0) - 12;
  const clip = { x: 0, y, width: view.width, height: view.height };
  const png = await page.screenshot({ fullPage: true, clip });
  await page.close();
  return sheet(browser, [png]);
}

const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-pictures-'));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  // A verdict other than a pass is an exit code.
  const args = [values.cli, 'check', ...CHECK, '--out', folder];
  await new Promise<void>((done) => execFile(process.execPath, args, { cwd: ROOT }, () => done()));
  const file = join(folder, 'report.html');
  for (const [name, view] of Object.entries(PICTURES)) {
    const png = await picture(browser, file, view);
    await writeFile(join(values.out, `${name}.png`), png);
    console.log(`${name}.png: ${(png.length / 1000).toFixed(0)} kB`);
  }
  if (values.single !== undefined) {
    await mkdir(values.single, { recursive: true });
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [1100, 400]) {
        const page = await open(browser, file, { colorScheme, width });
        await page.screenshot({ fullPage: true, path: join(values.single, `report-${colorScheme}-${width}.png`) });
        await page.close();
      }
    }
  }
} finally {
  await browser.close();
  await rm(folder, { recursive: true });
}
