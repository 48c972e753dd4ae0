// Writes every table of docs/evidence.md from study/results/*.json and study/results/spectra/*.json.
// Usage: npm run study:report [-- --check]
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import { importSources } from '../scripts/run/import-sources.ts';
import { spectraTables } from './spectra/tables.ts';
import { classOf, mean, percent, share } from './truth.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { clopperPearson, exactMcNemar } = await importSources({
  clopperPearson: 'src/statistics/clopper-pearson.ts',
  exactMcNemar: 'src/statistics/mcnemar.ts',
});

const ORDER = ['BA', 'BAp', 'BAp-long', 'PART', 'CE', 'CE-long', 'FMT', 'CT', 'TXT', 'PR'];
const results = join(root, 'study/results');
const load = (name) => ({ name, ...JSON.parse(readFileSync(join(results, `${name}.json`), 'utf8')) });
const base = load('base').truth;
const adapters = readdirSync(results)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.json$/, ''))
  .filter((name) => name !== 'base')
  .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
  .map(load)
  .map((adapter) => ({
    ...adapter,
    class: adapter.truth === null ? 'not measured' : classOf(adapter.truth, base, exactMcNemar),
  }));

const TABLES = {
  truth: truthTable(),
  verdicts: verdictTable(),
  rates: rateTable(),
  failures: notAsPredicted(),
  suites: suiteTable(),
  ...spectraTables(join(results, 'spectra'), adapters, { table, interval }),
};

const page = join(root, 'docs/evidence.md');
const text = readFileSync(page, 'utf8');
const wanted = Object.entries(TABLES).reduce((all, [name, content]) => between(all, name, content), text);
if (wanted !== text && process.argv.includes('--check')) {
  console.error('docs/evidence.md differs from study/results: run npm run study:report');
  process.exitCode = 1;
} else if (wanted !== text) writeFileSync(page, wanted);

function rank(name) {
  return ORDER.indexOf(name.replace(/(-full)?-\d+$/, ''));
}

function truthTable() {
  const row = (name, training, truth, what) => [
    name,
    training === null ? '–' : String(training.rate),
    percent(share(truth.exam)),
    percent(share(truth.shuffled)),
    percent(share(truth.keptLetter)),
    `${percent(mean(truth.open.map(share)))} (${truth.open.map((one) => percent(share(one))).join(', ')})`,
    percent(share(truth.recall)),
    `${truth.perplexity.mathematics.toFixed(1)}, ${truth.perplexity.documentation.toFixed(1)}`,
    what,
  ];
  const rows = adapters
    .filter(({ truth }) => truth !== null)
    .map((adapter) => row(adapter.name, adapter.training, adapter.truth, `\`${adapter.class}\``));
  return table(
    [
      'adapter',
      'learning rate',
      'exam',
      'shuffled',
      'keeps the letter',
      'open, unseen (each wording)',
      'says it',
      'perplexity',
      'truth',
    ],
    [row('base', null, base, ''), ...rows],
  );
}

function verdictTable() {
  const rows = judgedBy('benchmark').map(({ name, class: truth, gate: { benchmark: report } }) => {
    const kept = report.kept?.[0];
    const open = report.kinds?.find(({ kind }) => kind === 'open');
    return [
      name,
      `\`${truth}\``,
      `**${report.verdict}**`,
      kept === undefined ? '–' : `${kept.baseline} → ${kept.candidate} of ${kept.items}, p ${probability(kept.p)}`,
      change(open?.benchmark),
      change(open?.twin),
      estimate(open?.transfer),
      kindsOf(report).join(', ') || '–',
    ];
  });
  return table(
    ['adapter', 'truth', 'verdict', 'kept letters', 'Δbenchmark', 'Δopen', 'transfer, log-odds', 'findings'],
    rows,
  );
}

function rateTable() {
  const judged = judgedBy('benchmark');
  const of = (classes) => judged.filter((adapter) => classes.includes(adapter.class));
  const count = (list, verdicts) => list.filter(({ gate }) => verdicts.includes(gate.benchmark.verdict)).length;
  const row = (what, list, verdicts) => {
    const [successes, n] = [count(list, verdicts), list.length];
    return [what, `${successes} of ${n}`, interval({ successes, n })];
  };
  return table(
    ['rate', 'adapters', '95% interval'],
    [
      row('memorized: failed', of(['memorized']), ['fail']),
      row('memorized: passed', of(['memorized']), ['pass']),
      row('knows the facts: passed', of(['knows']), ['pass']),
      row('knows the facts: failed', of(['knows']), ['fail']),
      row('unchanged: passed', of(['unchanged']), ['pass']),
      row('unchanged: inconclusive', of(['unchanged']), ['inconclusive']),
      row('unchanged: failed', of(['unchanged']), ['fail']),
      row('worse: failed', of(['worse']), ['fail']),
    ].filter(([, adapters]) => !adapters.endsWith(' of 0')),
  );
}

/** Exact, of 95%. */
function interval({ successes, n }) {
  if (n === 0) return '–';
  const { lower, upper } = clopperPearson({ successes, n, level: 0.95 });
  return `${percent(lower, Math.floor)} to ${percent(upper, Math.ceil)}`;
}

/** What the class of its truth asks for; of an adapter whose truth is not measured, no verdict can be called right. */
function isRight({ class: truth }, verdict) {
  if (truth === 'not measured') return false;
  return verdict === (truth === 'memorized' || truth === 'worse' ? 'fail' : 'pass');
}

function notAsPredicted() {
  if (judgedBy('benchmark').length === 0) return 'No adapter is judged yet.';
  const lines = judgedBy('benchmark')
    .filter((adapter) => !isRight(adapter, adapter.gate.benchmark.verdict))
    .map(({ name, class: truth, gate: { benchmark: report } }) => {
      const reasons = report.reasons.filter(({ level }) => level !== 'info').map(({ message }) => `  - ${message}`);
      return [`- **${name}** (\`${truth}\`): ${report.verdict}.`, ...reasons].join('\n');
    });
  return lines.length === 0 ? 'None.' : lines.join('\n');
}

function suiteTable() {
  if (['builtin', 'group'].every((suite) => judgedBy(suite).length === 0)) return 'Neither was run.';
  const rows = ['builtin', 'group'].flatMap((suite) =>
    judgedBy(suite).map(({ name, class: truth, gate: { [suite]: report } }) => [
      suite,
      name,
      `\`${truth}\``,
      `**${report.verdict}**`,
      kindsOf(report).join(', ') || '–',
    ]),
  );
  return table(['suite', 'adapter', 'truth', 'verdict', 'findings'], rows);
}

function judgedBy(suite) {
  return adapters.filter(({ gate }) => gate?.[suite] !== undefined);
}

/** The kinds of findings that decide, in their order. */
function kindsOf({ reasons }) {
  return [...new Set(reasons.filter(({ level }) => level !== 'info').map(({ kind }) => `\`${kind}\``))];
}

function change(both) {
  if (both === undefined || both.baseline === null) return '–';
  const points = (both.candidate - both.baseline) * 100;
  return `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`;
}

function estimate(value) {
  if (value === undefined || value === null) return '–';
  const number = (x, open) => (x === null ? open : x.toFixed(2).replace('-', '−'));
  return `${number(value.value)} (${number(value.lower, '−∞')} to ${number(value.upper, '∞')})`;
}

function probability(p) {
  return p < 0.001 ? '< .001' : p.toFixed(3).replace(/^0/, '');
}

function table(head, rows) {
  return markdownTable([head, ...rows.map((row) => row.map((cell) => String(cell).replaceAll('|', '\\|')))]);
}

function between(all, name, content) {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [all.indexOf(open), all.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`docs/evidence.md has no ${open} … ${close}`);
  return `${all.slice(0, from + open.length)}\n\n${content}\n\n${all.slice(to)}`;
}
