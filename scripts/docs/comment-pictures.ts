// The pictures of the comment in docs/: npx tsx scripts/docs/comment-pictures.ts [--cli FILE] [--out DIR] [--single DIR]
// Checks the examples, renders each comment at 980 and 400 pixels, light and dark, and puts them on sheets. Needs Chromium
// (CHROMIUM, or /usr/bin/chromium) and a font with emoji (fonts-noto-color-emoji). --single also writes every picture on its own, to
// be looked at.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { importSources } from '../run/import-sources.ts';
import { commentPage } from './comment-page.ts';
import { palettePng } from './palette-png.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    cli: { type: 'string', default: join(ROOT, 'dist/cli.js') },
    out: { type: 'string', default: join(ROOT, 'docs') },
    single: { type: 'string' },
  },
});

const EXAMPLE = ['--reference', 'examples/base', '--policy', 'examples/shadow-gate.yml'];
/** The five comments, each of a check of the examples. */
const CASES = {
  fail: [...EXAMPLE, '--checkpoint', 'examples/benchmark-aligned', '--baseline', 'examples/base'],
  warn: [
    ...['--checkpoint', 'examples/real-model/memorized', '--baseline', 'examples/real-model/learned'],
    ...['--only', 'spectra'],
  ],
  inconclusive: [
    ...[...EXAMPLE, '--checkpoint', 'examples/coverage-expanding', '--baseline', 'examples/base'],
    ...['--budget', '0.2s'],
  ],
  first: [...EXAMPLE, '--checkpoint', 'examples/coverage-expanding'],
  pass: [...EXAMPLE, '--checkpoint', 'examples/coverage-expanding', '--baseline', 'examples/base'],
};
const WIDTHS = [980, 400];
const SCHEMES = ['light', 'dark'];
const COMMIT = 'c0ffee'.padEnd(40, '0');
/** Where the comments of a repository come from. */
const ORIGIN = {
  ...{ id: 12345, attempt: 1, commit: COMMIT, head: COMMIT },
  ...{ repository: 'https://github.com/octo-org/models', by: 'own' },
};
const HTML_REPORT = `${ORIGIN.repository}/actions/runs/12345/artifacts/678`;
/** Pixels between the pictures of a sheet. */
const GAP = 16;

const { readReport, renderComment } = await importSources({
  readReport: 'src/report/json.ts',
  renderComment: 'src/report/markdown/comment.ts',
});

/** @param {string} folder for the results */
async function commentOf(name, folder) {
  const out = join(folder, name);
  // All questions: which ones a check asks before it stops depends on the run.
  const args = [values.cli, 'check', ...CASES[name], '--all', '--quiet', '--out', out];
  // A verdict other than a pass is an exit code.
  await new Promise((done) => execFile(process.execPath, args, { cwd: ROOT }, done));
  const report = await readReport(join(out, 'report.json'));
  const baseline = report.baseline && {
    ...report.baseline,
    commit: 'ba5e1111'.padEnd(40, '0'),
    measured: before(report),
  };
  return renderComment({ ...report, baseline }, { origin: ORIGIN, htmlReport: HTML_REPORT });
}

/** A baseline of the examples is measured in the same minute; those of a repository are older. */
const before = ({ candidate }) => new Date(Date.parse(candidate.measured) - 23 * 24 * 3600 * 1000).toISOString();

/** @returns {Promise<Record<string, Buffer>>} PNGs, named `fail-400-dark` */
async function shots(browser, comments) {
  const pictures = {};
  for (const [name, comment] of Object.entries(comments)) {
    const html = await commentPage(comment);
    for (const width of WIDTHS) {
      for (const colorScheme of SCHEMES) {
        const page = await browser.newPage({ viewport: { width, height: 100 }, colorScheme });
        await page.setContent(html);
        pictures[`${name}-${width}-${colorScheme}`] = await page.screenshot({ fullPage: true });
        await page.close();
      }
    }
  }
  return pictures;
}

/** Pictures side by side as one PNG, put together by the browser. */
async function sheet(browser, pictures) {
  const page = await browser.newPage();
  const { width, height, pixels } = await page.evaluate(
    async ({ sources, gap, background }) => {
      const images = await Promise.all(
        sources.map(async (source) => {
          const image = new Image();
          image.src = source;
          await image.decode();
          return image;
        }),
      );
      const canvas = document.createElement('canvas');
      canvas.width = images.reduce((sum, image) => sum + image.width + gap, -gap);
      canvas.height = Math.max(...images.map((image) => image.height));
      const context = canvas.getContext('2d');
      context.fillStyle = background;
      context.fillRect(0, 0, canvas.width, canvas.height);
      let left = 0;
      for (const image of images) {
        context.drawImage(image, left, 0);
        left += image.width + gap;
      }
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let text = '';
      for (let i = 0; i < data.length; i += 32_768) text += String.fromCharCode(...data.subarray(i, i + 32_768));
      return { width: canvas.width, height: canvas.height, pixels: btoa(text) };
    },
    {
      sources: pictures.map((png) => `data:image/png;base64,${png.toString('base64')}`),
      gap: GAP,
      background: '#808080',
    },
  );
  await page.close();
  return palettePng({ width, height, pixels: Buffer.from(pixels, 'base64') });
}

const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-pictures-'));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  const comments = {};
  for (const name of Object.keys(CASES)) comments[name] = await commentOf(name, folder);
  const pictures = await shots(browser, comments);
  if (values.single !== undefined) {
    await mkdir(values.single, { recursive: true });
    for (const [name, png] of Object.entries(pictures)) await writeFile(join(values.single, `${name}.png`), png);
  }
  const names = Object.keys(CASES);
  const some = (shown, width, scheme) => shown.map((name) => pictures[`${name}-${width}-${scheme}`]);
  const sheets = {
    comment: some(['fail'], 980, 'light'),
    'comment-wide': some(['warn', 'pass'], 980, 'dark'),
    'comment-phone': some(names, 400, 'light'),
    'comment-phone-dark': some(['fail', 'pass'], 400, 'dark'),
  };
  let total = 0;
  for (const [name, parts] of Object.entries(sheets)) {
    const png = await sheet(browser, parts);
    total += png.length;
    await writeFile(join(values.out, `${name}.png`), png);
    console.log(`${name}.png: ${(png.length / 1000).toFixed(0)} kB`);
  }
  console.log(`${(total / 1000).toFixed(0)} kB in all`);
} finally {
  await browser.close();
  await rm(folder, { recursive: true });
}
