// Writes the tables of inputs and outputs in README.md from action.yml, so that nobody keeps them by hand.
// Usage: node scripts/docs/readme-tables.mjs [--check]
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import { parse } from 'yaml';

const readmeFile = fileURLToPath(new URL('../../README.md', import.meta.url));
const actionFile = fileURLToPath(new URL('../../action.yml', import.meta.url));

const readme = await readFile(readmeFile, 'utf8');
const wanted = withTables(readme, parse(await readFile(actionFile, 'utf8')));
if (!process.argv.includes('--check')) await writeFile(readmeFile, wanted);
else if (wanted !== readme) {
  console.error('README.md differs from action.yml: run node scripts/docs/readme-tables.mjs');
  process.exitCode = 1;
}

function withTables(text, { inputs, outputs }) {
  const inputRows = Object.entries(inputs).map(([name, { description, required, default: value }]) => [
    `\`${name}\``,
    cell(description),
    required ? '**required**' : value === undefined ? '' : `\`${value}\``,
  ]);
  const outputRows = Object.entries(outputs).map(([name, { description }]) => [`\`${name}\``, cell(description)]);
  const withInputs = between(text, 'inputs', table(['input', 'what it is', 'default'], inputRows));
  return between(withInputs, 'outputs', table(['output', 'what it is'], outputRows));
}

function table(head, rows) {
  return markdownTable([head, ...rows]);
}

function cell(text) {
  return text.trim().replace(/\s+/g, ' ').replaceAll('|', '\\|');
}

function between(text, name, content) {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`README.md has no ${open} … ${close}`);
  return `${text.slice(0, from + open.length)}\n\n${content}\n\n${text.slice(to)}`;
}
