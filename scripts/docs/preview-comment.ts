// Shows a report as it looks on a pull request: npx tsx scripts/docs/preview-comment.ts REPORT.json OUT.html
import { writeFile } from 'node:fs/promises';
import { readReport } from '../../src/report/json.ts';
import { renderComment } from '../../src/report/markdown/comment.ts';
import { commentPage } from './comment-page.ts';

const [reportFile, htmlFile] = process.argv.slice(2);
if (reportFile === undefined || htmlFile === undefined) {
  console.error('usage: npx tsx scripts/docs/preview-comment.ts REPORT.json OUT.html');
  process.exit(2);
}

const comment = renderComment(await readReport(reportFile));
await writeFile(htmlFile, await commentPage(comment));
console.log(`${comment.length} characters of Markdown → ${htmlFile}`);
