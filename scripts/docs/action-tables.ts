// Writes the tables of inputs and outputs in README.md and docs/action.md from action.yml.
// Usage: npx tsx scripts/docs/action-tables.ts [--check]
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import { parse } from 'yaml';
import { withMarkedPart } from './marked-part.ts';

const root = new URL('../..', import.meta.url);

interface Described {
  readonly description: string;
}
interface Input extends Described {
  readonly default?: string;
}
interface Action {
  readonly inputs: Readonly<Record<string, Input>>;
  readonly outputs: Readonly<Record<string, Described>>;
}

/** How a page shows the inputs and outputs that it lists. */
interface Style {
  readonly isListed: (described: Described) => boolean;
  readonly inputRow: (input: Input) => readonly string[];
  readonly outputWords: (description: string) => string;
  readonly head: readonly string[];
}

const { inputs, outputs }: Action = parse(await readFile(new URL('action.yml', root), 'utf8'));

/** Refines another input or output, or is one like it: a first page does without it. */
const isDetail = ({ description }: Described): boolean => /^(With|Like) `[\w-]+(?:: [\w-]+)?`: /.test(description);

/** README.md has one line a row, which fits a phone; docs/action.md has the whole description. */
const PAGES: readonly (Style & { readonly page: string })[] = [
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

function withTables(text: string, page: string, { isListed, inputRow, outputWords, head }: Style): string {
  const inputRows = Object.entries(inputs)
    .filter(([, input]) => isListed(input))
    .map(([name, input]) => [`\`${name}\``, ...inputRow(input)]);
  const outputRows = Object.entries(outputs)
    .filter(([, output]) => isListed(output))
    .map(([name, { description }]) => [`\`${name}\``, cell(outputWords(description))]);
  const withInputs = withMarkedPart(text, { page, name: 'inputs' }, markdownTable([head, ...inputRows]));
  const outputTable = markdownTable([['output', 'meaning'], ...outputRows]);
  return withMarkedPart(withInputs, { page, name: 'outputs' }, outputTable);
}

function briefRow({ description, default: value }: Input): string[] {
  return [cell(`${firstSentence(description)}${value === undefined ? '' : `. Default: \`${value}\``}`)];
}

function fullRow({ description, default: value }: Input): string[] {
  return [cell(description), value === undefined ? '' : `\`${value}\``];
}

/** Up to the first period that ends a sentence: one inside a name, such as `report.json`, has a letter after it. */
function firstSentence(description: string): string {
  return description.replace(/\.\s[\s\S]*$/, '').replace(/\.$/, '');
}

function cell(text: string): string {
  return text.trim().replace(/\s+/g, ' ').replaceAll('|', '\\|');
}
