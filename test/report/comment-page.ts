import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

const css = readFileSync(createRequire(import.meta.url).resolve('github-markdown-css/github-markdown.css'), 'utf8');

/** Comments as a page that looks like a pull request; the same as of scripts/docs/comment-page.ts. */
export function commentPage(comments: readonly string[]): string {
  const bodies = comments.map((comment) =>
    micromark(comment, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] }),
  );
  return `<!doctype html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>${css}
  body { margin: 0 auto; max-width: 920px; padding: 16px; }
  .markdown-body { border: 1px solid #d0d7de; border-radius: 6px; font-size: 14px; padding: 16px; }
</style>
${bodies.map((body) => `<article class="markdown-body">${body}</article>`).join('\n')}
`;
}
