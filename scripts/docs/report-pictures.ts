// The pictures of report.html in docs/: npx tsx scripts/docs/report-pictures.ts [--cli FILE] [--out DIR] [--single DIR]
// Checks an example and takes pictures of its report, light and dark. Needs Chromium (CHROMIUM, or /usr/bin/chromium). --single
// also writes the whole page at 1100 and 400 pixels in both themes, to be looked at.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { palettePng } from './palette-png.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    cli: { type: 'string', default: join(ROOT, 'dist/cli.js') },
    out: { type: 'string', default: join(ROOT, 'docs') },
    single: { type: 'string' },
  },
});

const CHECK = [
  ...['--checkpoint', 'examples/benchmark-aligned', '--reference', 'examples/base'],
  ...['--baseline', 'examples/coverage-expanding', '--policy', 'examples/shadow-gate.yml', '--quiet', '--all'],
];

/** What is in the pictures: from the top of one section to so many pixels below it. */
const PICTURES = {
  'report-light': { colorScheme: 'light', width: 1100, from: 'overview', height: 1436 },
  'report-dark': { colorScheme: 'dark', width: 1100, from: 'spectra', height: 1660 },
};

async function open(browser, file, { colorScheme, width }) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  await page.goto(pathToFileURL(file).href);
  // It would stand in the middle of a picture of more than a screen.
  await page.addStyleTag({ content: 'header { position: static !important; }' });
  return page;
}

/** Part of a page from the top of a section on, whole for the first one. */
async function picture(browser, file, view) {
  const page = await open(browser, file, view);
  const box = await page.locator(`#${view.from}`).boundingBox();
  const y = view.from === 'overview' ? 0 : (box?.y ?? 0) - 12;
  const clip = { x: 0, y, width: view.width, height: view.height };
  const png = await page.screenshot({ fullPage: true, clip });
  await page.close();
  return palettePng(await pixelsOf(browser, png));
}

/** A PNG as RGBA, decoded by the browser. */
async function pixelsOf(browser, png) {
  const page = await browser.newPage();
  const { width, height, pixels } = await page.evaluate(
    async (source) => {
      const image = new Image();
      image.src = source;
      await image.decode();
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [image.width, image.height];
      const context = canvas.getContext('2d');
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      let text = '';
      for (let i = 0; i < data.length; i += 32_768) text += String.fromCharCode(...data.subarray(i, i + 32_768));
      return { width: image.width, height: image.height, pixels: btoa(text) };
    },
    `data:image/png;base64,${png.toString('base64')}`,
  );
  await page.close();
  return { width, height, pixels: Buffer.from(pixels, 'base64') };
}

const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-pictures-'));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  // A verdict other than a pass is an exit code.
  const args = [values.cli, 'check', ...CHECK, '--out', folder];
  await new Promise((done) => execFile(process.execPath, args, { cwd: ROOT }, done));
  const file = join(folder, 'report.html');
  for (const [name, view] of Object.entries(PICTURES)) {
    const png = await picture(browser, file, view);
    await writeFile(join(values.out, `${name}.png`), png);
    console.log(`${name}.png: ${(png.length / 1000).toFixed(0)} kB`);
  }
  if (values.single !== undefined) {
    await mkdir(values.single, { recursive: true });
    for (const colorScheme of ['light', 'dark']) {
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
