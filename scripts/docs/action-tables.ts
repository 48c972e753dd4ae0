// Writes the tables of inputs and outputs in docs/reference/action.md from action.yml.
// Usage: npx tsx scripts/docs/action-tables.ts [--check]
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import { parse } from 'yaml';
import { withMarkedPart } from './marked-part.ts';

const root = new URL('../..', import.meta.url);
const PAGE = 'docs/reference/action.md';

interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string }>>;
}

const { inputs, outputs }: Action = parse(await readFile(new URL('action.yml', root), 'utf8'));
const file = fileURLToPath(new URL(PAGE, root));
const text = await readFile(file, 'utf8');
const wanted = withTables(text);
if (wanted !== text && process.argv.includes('--check')) {
  console.error(`${PAGE} differs from action.yml: run npm run docs`);
  process.exitCode = 1;
} else await writeFile(file, wanted);

function withTables(page: string): string {
  const inputRows = Object.entries(inputs).map(([name, { description, default: value }]) => [
    `\`${name}\``,
    cell(description),
    value === undefined ? '' : `\`${value}\``,
  ]);
  const outputRows = Object.entries(outputs).map(([name, { description }]) => [`\`${name}\``, cell(description)]);
  const tables = [
    { name: 'inputs', rows: [['input', 'meaning', 'default'], ...inputRows] },
    { name: 'outputs', rows: [['output', 'meaning'], ...outputRows] },
  ];
  return tables.reduce((all, { name, rows }) => withMarkedPart(all, { page: PAGE, name }, markdownTable(rows)), page);
}

function cell(text: string): string {
  return text.trim().replace(/\s+/g, ' ').replaceAll('|', '\\|');
}
