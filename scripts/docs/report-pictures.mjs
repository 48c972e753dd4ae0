// Takes pictures of a report, light and dark, on a desktop and on a phone:
// node scripts/docs/report-pictures.mjs REPORT.json FOLDER. Needs Chromium, or its path in CHROMIUM.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { importSources } from '../run/import-sources.mjs';

const [reportFile, folder] = process.argv.slice(2);
if (reportFile === undefined || folder === undefined) {
  console.error('usage: node scripts/docs/report-pictures.mjs REPORT.json FOLDER');
  process.exit(2);
}

const { readReport, renderHtml } = await importSources({
  readReport: 'src/report/json.ts',
  renderHtml: 'src/report/html/report.ts',
});
const page = renderHtml(await readReport(reportFile));
const temporary = await mkdtemp(join(tmpdir(), 'shadow-gate-pictures-'));
const file = join(temporary, 'report.html');
await writeFile(file, page);
await mkdir(folder, { recursive: true });

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1100, 400]) {
      const tab = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      await tab.goto(pathToFileURL(file).href);
      await tab.screenshot({ path: join(folder, `report-${colorScheme}-${width}.png`), fullPage: true });
      await tab.close();
    }
  }
} finally {
  await browser.close();
  await rm(temporary, { recursive: true, force: true });
}
console.log(`${page.length} characters of HTML → ${folder}`);
