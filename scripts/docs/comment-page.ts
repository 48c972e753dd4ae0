// Comments as a page that looks like a pull request, light or dark as the browser is.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';

const css = createRequire(import.meta.url).resolve('github-markdown-css/github-markdown.css');

/** Space around a comment on GitHub, in pixels: outside it, and within it. */
const BESIDE = 16;
const WITHIN = 16;

/** @param comments as Markdown */
export async function commentPage(...comments: readonly string[]): Promise<string> {
  const bodies = comments.map((comment) =>
    micromark(comment, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] }),
  );
  return `<!doctype html>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Shadow Gate comment</title>
<style>${await readFile(css, 'utf8')}
  :root { color-scheme: light dark; }
  body { background: light-dark(#f6f8fa, #010409); margin: 0 auto; max-width: 920px; padding: ${BESIDE}px; }
  .markdown-body { border: 1px solid light-dark(#d0d7de, #3d444d); border-radius: 6px; font-size: 14px; padding: ${WITHIN}px; }
</style>
${bodies.map((body) => `<article class="markdown-body">${body}</article>`).join('\n')}
`;
}
