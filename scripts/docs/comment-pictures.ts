// The pictures of the comment in docs/reference/: npx tsx scripts/docs/comment-pictures.ts [--cli FILE] [--out DIR]
// [--single DIR] Checks the examples, renders each comment at 980 and 400 pixels, light and dark, and puts them on
// sheets. Needs Chromium (CHROMIUM, or /usr/bin/chromium) and a font with emoji (fonts-noto-color-emoji). --single also
// writes every picture on its own, to be looked at.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import type { Report } from '../../src/compare/report.ts';
import { readReport } from '../../src/report/json.ts';
import { renderComment } from '../../src/report/markdown/comment.ts';
import type { Origin } from '../../src/report/markdown/origin.ts';
import { commentPage } from './comment-page.ts';
import { sheet } from './sheet.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({
  options: {
    cli: { type: 'string', default: join(ROOT, 'dist/cli.js') },
    out: { type: 'string', default: join(ROOT, 'docs/reference') },
    single: { type: 'string' },
  },
});

const EXAMPLE = ['--reference', 'examples/base', '--policy', 'examples/shadow-gate.yml'];
/** The five comments, each of a check of the examples. */
const CASES: Readonly<Record<string, readonly string[]>> = {
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
const SCHEMES = ['light', 'dark'] as const;
const COMMIT = 'c0ffee'.padEnd(40, '0');
/** Where the comments of a repository come from. */
const ORIGIN: Origin = {
  ...{ id: 12345, attempt: 1, commit: COMMIT, head: COMMIT },
  ...{ repository: 'https://github.com/octo-org/models', by: 'own' },
};
const HTML_REPORT = `${ORIGIN.repository}/actions/runs/12345/artifacts/678`;

/** @param folder for the results */
async function commentOf([name, check]: readonly [string, readonly string[]], folder: string): Promise<string> {
  const out = join(folder, name);
  // All questions: which ones a check asks before it stops depends on the run.
  const args = [values.cli, 'check', ...check, '--all', '--quiet', '--out', out];
  // A verdict other than a pass is an exit code.
  await new Promise<void>((done) => execFile(process.execPath, args, { cwd: ROOT }, () => done()));
  const report = await readReport(join(out, 'report.json'));
  const baseline = report.baseline && {
    ...report.baseline,
    commit: 'ba5e1111'.padEnd(40, '0'),
    measured: before(report),
  };
  return renderComment({ ...report, baseline }, { origin: ORIGIN, htmlReport: HTML_REPORT });
}

/** A baseline of the examples is measured in the same minute; those of a repository are older. */
const before = ({ candidate }: Report): string =>
  new Date(Date.parse(candidate.measured) - 23 * 24 * 3600 * 1000).toISOString();

/** @returns PNGs, named `fail-400-dark`; `fail-400-dark-alone` is the comment without the page around it */
async function shots(browser: Browser, comments: Readonly<Record<string, string>>): Promise<Record<string, Buffer>> {
  const pictures: Record<string, Buffer> = {};
  for (const [name, comment] of Object.entries(comments)) {
    const html = await commentPage(comment);
    for (const width of WIDTHS) {
      for (const colorScheme of SCHEMES) {
        const page = await browser.newPage({ viewport: { width, height: 100 }, colorScheme });
        await page.setContent(html);
        pictures[`${name}-${width}-${colorScheme}`] = await page.screenshot({ fullPage: true });
        pictures[`${name}-${width}-${colorScheme}-alone`] = await page.locator('article').screenshot();
        await page.close();
      }
    }
  }
  return pictures;
}

const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-pictures-'));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  const comments: Record<string, string> = {};
  for (const one of Object.entries(CASES)) comments[one[0]] = await commentOf(one, folder);
  const pictures = await shots(browser, comments);
  if (values.single !== undefined) {
    await mkdir(values.single, { recursive: true });
    for (const [name, png] of Object.entries(pictures)) await writeFile(join(values.single, `${name}.png`), png);
  }
  const names = Object.keys(CASES);
  const some = (shown: readonly string[], width: number, scheme: string) =>
    shown.flatMap((name) => pictures[`${name}-${width}-${scheme}`] ?? []);
  const sheets = {
    comment: some(['fail'], 980, 'light-alone'),
    'comment-dark': some(['fail'], 980, 'dark-alone'),
    'comment-narrow': some(['fail'], 400, 'light-alone'),
    'comment-narrow-dark': some(['fail'], 400, 'dark-alone'),
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
