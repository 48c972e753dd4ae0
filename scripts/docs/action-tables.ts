// Writes the tables of inputs and outputs in README.md and docs/action.md from action.yml.
// Usage: npx tsx scripts/docs/action-tables.ts [--check]
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import { parse } from 'yaml';

const root = new URL('../..', import.meta.url);
const { inputs, outputs } = parse(await readFile(new URL('action.yml', root), 'utf8'));

/** Refines another input or output, or is one like it: a first page does without it. */
const isDetail = ({ description }) => /^(With|Like) `[\w-]+(?:: [\w-]+)?`: /.test(description);

/** README.md has one line a row, which fits a phone; docs/action.md has the whole description. */
const PAGES = [
  {
    page: 'README.md',
    isListed: (described) => !isDetail(described),
    inputRow: briefRow,
    outputWords: firstSentence,
    head: ['input', 'meaning'],
  },
  {
    page: 'docs/action.md',
    isListed: () => true,
    inputRow: fullRow,
    outputWords: String,
    head: ['input', 'meaning', 'default'],
  },
];

for (const { page, ...style } of PAGES) {
  const file = fileURLToPath(new URL(page, root));
  const text = await readFile(file, 'utf8');
  const wanted = withTables(text, page, style);
  if (wanted === text) continue;
  if (process.argv.includes('--check')) {
    console.error(`${page} differs from action.yml: run npm run docs`);
    process.exitCode = 1;
  } else await writeFile(file, wanted);
}

function withTables(text, page, { isListed, inputRow, outputWords, head }) {
  const inputRows = Object.entries(inputs)
    .filter(([, input]) => isListed(input))
    .map(([name, input]) => [`\`${name}\``, ...inputRow(input)]);
  const outputRows = Object.entries(outputs)
    .filter(([, output]) => isListed(output))
    .map(([name, { description }]) => [`\`${name}\``, cell(outputWords(description))]);
  const withInputs = between(text, page, 'inputs', markdownTable([head, ...inputRows]));
  return between(withInputs, page, 'outputs', markdownTable([['output', 'meaning'], ...outputRows]));
}

function briefRow({ description, default: value }) {
  return [cell(`${firstSentence(description)}${value === undefined ? '' : `. Default: \`${value}\``}`)];
}

function fullRow({ description, default: value }) {
  return [cell(description), value === undefined ? '' : `\`${value}\``];
}

/** Up to the first period that ends a sentence: one inside a name, such as `report.json`, has a letter after it. */
function firstSentence(description) {
  return description.replace(/\.\s[\s\S]*$/, '').replace(/\.$/, '');
}

function cell(text) {
  return text.trim().replace(/\s+/g, ' ').replaceAll('|', '\\|');
}

function between(text, page, name, content) {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`${page} has no ${open} … ${close}`);
  return `${text.slice(0, from + open.length)}\n\n${content}\n\n${text.slice(to)}`;
}
