// Checks that links lead somewhere: relative links and anchors in every Markdown file, and paths of this repository
// that documentation, code and workflows mention. Usage: npx tsx scripts/lint/links.ts [FOLDER]
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listFiles } from './list-files.ts';
import { titleAnchor } from './title-anchor.ts';

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('../..', import.meta.url)));
const files = listFiles(root).filter((name) => !name.startsWith('dist/'));

const problems: string[] = [];
for (const name of files) {
  if (name.endsWith('.md')) checkMarkdown(name);
  // A test of this file has links that lead nowhere.
  else if (/\.(ts|yml)$/.test(name) && name !== 'test/docs/links.shared.test.ts')
    checkMentions(name, /(?<![\w/.-])docs\/[\w/-]+\.md(?:#[\w-]+)?/g);
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`links in ${files.filter((name) => name.endsWith('.md')).length} Markdown files are right`);

function checkMarkdown(name: string): void {
  const text = withoutCode(readFileSync(join(root, name), 'utf8'));
  for (const [i, line] of text.split('\n').entries()) {
    for (const [, target = ''] of line.matchAll(/\]\(([^()\s]+)\)/g)) {
      if (!/^[a-z]+:/i.test(target)) check(`${name}:${i + 1}`, target, dirname(name));
    }
  }
  checkMentions(name, /(?<=`)(?:src|test|packages|study|scripts|examples|docs)\/[\w./-]+(?=`)/g);
}

/** Paths from the root. */
function checkMentions(name: string, pattern: RegExp): void {
  for (const [i, line] of readFileSync(join(root, name), 'utf8').split('\n').entries()) {
    for (const [target] of line.matchAll(pattern)) check(`${name}:${i + 1}`, target, '');
  }
}

function check(where: string, target: string, folder: string): void {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? where.replace(/:\d+$/, '') : join(folder, decodeURIComponent(path));
  const full = join(root, file);
  if (relative(root, full).startsWith('..') || !existsSync(full)) problems.push(`${where}: ${target} does not exist`);
  else if (anchor !== undefined && statSync(full).isFile() && !anchorsOf(full).has(decodeURIComponent(anchor))) {
    problems.push(`${where}: ${target}: no heading has this anchor`);
  }
}

/** Anchors that GitHub gives to the headings of a page. */
function anchorsOf(file: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutCode(readFileSync(file, 'utf8')).matchAll(/^#{1,6}\s+(.*?)\s*$/gm)) {
    const base = titleAnchor(heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
    let anchor = base;
    for (let n = 1; anchors.has(anchor); n += 1) anchor = `${base}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Blank lines in place of fenced code, to keep line numbers. */
function withoutCode(text: string): string {
  return text.replace(/^( *)(```|~~~)[\s\S]*?^\1\2/gm, (block) => block.replace(/[^\n]/g, ''));
}
