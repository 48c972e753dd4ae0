// Shows a report as it looks on a pull request: node scripts/docs/preview-comment.mjs REPORT.json OUT.html
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { importSources } from '../run/import-sources.mjs';

const [reportFile, htmlFile] = process.argv.slice(2);
if (reportFile === undefined || htmlFile === undefined) {
  console.error('usage: node scripts/docs/preview-comment.mjs REPORT.json OUT.html');
  process.exit(2);
}

const { readReport, renderComment } = await importSources({
  readReport: 'src/report/json.ts',
  renderComment: 'src/report/markdown/comment.ts',
});
const comment = renderComment(await readReport(reportFile));
const body = micromark(comment, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });
const style = await readFile(
  createRequire(import.meta.url).resolve('github-markdown-css/github-markdown-light.css'),
  'utf8',
);

await writeFile(
  htmlFile,
  `<!doctype html>
<meta charset="utf-8">
<title>Shadow Gate comment</title>
<style>${style}
  body { background: #f6f8fa; margin: 24px auto; max-width: 920px; }
  .markdown-body { border: 1px solid #d0d7de; border-radius: 6px; font-size: 14px; padding: 16px; }
</style>
<article class="markdown-body">${body}</article>
`,
);
console.log(`${comment.length} characters of Markdown → ${htmlFile}`);
