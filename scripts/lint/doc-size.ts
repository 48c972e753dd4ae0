// Counts the words of the documentation by part, and fails above the limit. A word has a letter or a digit; comments
// and the targets of links do not count. Usage: npx tsx scripts/lint/doc-size.ts [--pages]   (--pages: of each page)
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listFiles } from './list-files.ts';

const LIMIT = 60_000;
const PARTS = ['docs/README.md', 'docs/how-to', 'docs/reference', 'docs/lab-notes'];

const root = fileURLToPath(new URL('../..', import.meta.url));
const withPages = process.argv.includes('--pages');
let total = 0;
for (const part of PARTS) {
  const pages = pagesOf(part).map((name) => ({ name, words: wordsOf(readFileSync(join(root, name), 'utf8')) }));
  const words = pages.reduce((sum, page) => sum + page.words, 0);
  total += words;
  print(words, part);
  if (withPages && pages.length > 1) for (const page of pages) print(page.words, `  ${page.name}`);
}
print(total, `of at most ${LIMIT.toLocaleString('en-US')}`);
if (total > LIMIT) process.exitCode = 1;

/** @param part a page, or a folder of pages */
function pagesOf(part: string): string[] {
  return listFiles(root, [part]).filter((name) => name.endsWith('.md'));
}

function wordsOf(markdown: string): number {
  const text = markdown.replace(/<!--[\s\S]*?-->/g, '').replace(/\]\([^)]*\)/g, ']');
  return text.split(/\s+/).filter((word) => /[A-Za-z0-9]/.test(word)).length;
}

function print(words: number, what: string): void {
  console.log(`${words.toLocaleString('en-US').padStart(7)}  ${what}`);
}
