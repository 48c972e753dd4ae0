// Writes every table of docs/lab-notes/evidence.md and study/RUNS.md from study/results/*.json and
// study/results/spectra/*.json. Usage: npm run study:report [-- --check]
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownTable } from 'markdown-table';
import { withMarkedPart } from '../scripts/docs/marked-part.ts';
import { clopperPearson } from '../src/statistics/clopper-pearson.ts';
import { doseTables } from './dose/tables.ts';
import { ownTextTables } from './own-text/tables.ts';
import { protocolTables } from './protocol/tables.ts';
import { publicTables } from './public/tables.ts';
import type { Accuracies, AdapterResult, Estimate, GateReport, Suite, Truth } from './results.ts';
import { type JudgedAdapter, type Rate, spectraTables } from './spectra/tables.ts';
import { classOf, mean, percent, share } from './truth.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** An adapter with what the gate says by one suite. */
type Judged = JudgedAdapter & { readonly report: GateReport };

const ORDER = ['BA', 'BAp', 'BAp-long', 'PART', 'CE', 'CE-long', 'FMT', 'CT', 'TXT', 'PR'];
const results = join(root, 'study/results');
/** A base model, and the items where they are not the 100 facts. */
const MODELS = [
  'SmolLM2-135M',
  'Qwen2.5-Coder-0.5B',
  'Qwen2.5-Coder-0.5B-300-facts',
  'Qwen2.5-Coder-0.5B-problems',
  'Qwen2.5-Coder-0.5B-programs',
  'Qwen2.5-Coder-1.5B',
];
const models = MODELS.filter((model) => existsSync(join(results, model)));
const load = (model: string, name: string): AdapterResult =>
  JSON.parse(readFileSync(join(results, model, `${name}.json`), 'utf8'));
const adapters: readonly JudgedAdapter[] = models.flatMap((model) => {
  const base = truthOfBase(model);
  return readdirSync(join(results, model))
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.replace(/\.json$/, ''))
    .filter((name) => name !== 'base')
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((name) => ({ model, name, ...load(model, name) }))
    .map((adapter) => ({
      ...adapter,
      class: adapter.truth === null ? 'not measured' : classOf(adapter.truth, base),
    }));
});

/** Spectra were calibrated for runs of this model. */
const ofFirst = adapters.filter(({ model }) => model === MODELS[0]);

const TABLES = {
  truth: truthTable(),
  verdicts: verdictTable(),
  rates: rateTable(),
  wrong: wrongVerdicts(),
  failures: notAsPredicted(),
  suites: suiteTable(),
  problems: problemsTable(),
  ...doseTables(join(results, 'dose'), table),
  ...ownTextTables(join(results, 'own-text/gate.jsonl'), table),
  ...protocolTables(join(results, 'protocol/gate.jsonl'), table),
  ...publicTables(join(results, 'public'), table),
  ...spectraTables(join(results, 'spectra'), ofFirst, { table, interval }),
};

const pages = ['docs/lab-notes/evidence.md', 'study/RUNS.md'].map((page) => {
  return { page, text: readFileSync(join(root, page), 'utf8') };
});
for (const { page, text } of pages) {
  const own = Object.entries(TABLES).filter(([name]) => text.includes(`<!-- ${name} -->`));
  const wanted = own.reduce((all, [name, content]) => withMarkedPart(all, { page, name }, content), text);
  if (wanted === text) continue;
  if (process.argv.includes('--check')) {
    console.error(`${page} differs from study/results: run npm run study:report`);
    process.exitCode = 1;
  } else writeFileSync(join(root, page), wanted);
}
const missing = Object.keys(TABLES).find((name) => !pages.some(({ text }) => text.includes(`<!-- ${name} -->`)));
if (missing !== undefined) throw new Error(`no page has a place for the table ${missing}`);

/** @throws Error if it was not measured */
function truthOfBase(model: string): Truth {
  const { truth } = load(model, 'base');
  if (truth === null) throw new Error(`the truth of ${model} was not measured`);
  return truth;
}

function rank(name: string): number {
  return ORDER.indexOf(name.replace(/(-full)?-\d+$/, ''));
}

function truthTable(): string {
  const row = (model: string, name: string, training: AdapterResult['training'], truth: Truth, what: string) => [
    model,
    name,
    training === null ? '–' : String(training.rate),
    percent(share(truth.exam)),
    percent(share(truth.shuffled)),
    percent(share(truth.keptLetter)),
    `${percent(mean(truth.open.map(share)))} (${truth.open.map((one) => percent(share(one))).join(', ')})`,
    percent(share(truth.recall)),
    truth.ends === undefined ? '–' : percent(truth.ends),
    `${truth.perplexity.mathematics.toFixed(1)}, ${truth.perplexity.documentation.toFixed(1)}`,
    what,
  ];
  const rowsOf = (model: string) =>
    adapters.flatMap(({ model: own, name, training, truth, class: what }) =>
      truth === null || own !== model ? [] : [row(model, name, training, truth, `\`${what}\``)],
    );
  return table(
    [
      'model',
      'adapter',
      'learning rate',
      'exam',
      'shuffled',
      'keeps the letter',
      'open, unseen (each wording)',
      'says it',
      'replies that end',
      'perplexity',
      'truth',
    ],
    models.flatMap((model) => [row(model, 'base', null, truthOfBase(model), ''), ...rowsOf(model)]),
  );
}

function verdictTable(): string {
  const rows = judgedBy('benchmark').map(({ model, name, class: truth, report }) => {
    const kept = report.kept?.[0];
    const open = report.kinds?.find(({ kind }) => kind === 'open');
    return [
      model,
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
    ['model', 'adapter', 'truth', 'verdict', 'kept letters', 'Δbenchmark', 'Δopen', 'transfer, log-odds', 'findings'],
    rows,
  );
}

function rateTable(): string {
  const judged = judgedBy('benchmark');
  const of = (classes: readonly string[]) => judged.filter((adapter) => classes.includes(adapter.class));
  const row = (what: string, list: readonly Judged[], verdict: string) => {
    const [successes, n] = [list.filter(({ report }) => report.verdict === verdict).length, list.length];
    return [what, `${successes} of ${n}`, interval({ successes, n })] as const;
  };
  return table(
    ['rate', 'adapters', '95% interval'],
    [
      row('memorized: failed', of(['memorized']), 'fail'),
      row('memorized: passed', of(['memorized']), 'pass'),
      row('knows the facts: passed', of(['knows']), 'pass'),
      row('knows the facts: failed', of(['knows']), 'fail'),
      row('unchanged: passed', of(['unchanged']), 'pass'),
      row('unchanged: inconclusive', of(['unchanged']), 'inconclusive'),
      row('unchanged: failed', of(['unchanged']), 'fail'),
      row('worse: failed', of(['worse']), 'fail'),
    ].filter(([, adapters]) => !adapters.endsWith(' of 0')),
  );
}

/** Exact, of 95%. */
function interval({ successes, n }: Rate): string {
  if (n === 0) return '–';
  const { lower, upper } = clopperPearson({ successes, n, level: 0.95 });
  return `${percent(lower, Math.floor)} to ${percent(upper, Math.ceil)}`;
}

/** What the class of its truth asks for; of an adapter whose truth is not measured, no verdict can be called right. */
function isRight({ class: truth, report: { verdict } }: Judged): boolean {
  if (truth === 'not measured') return false;
  return verdict === (truth === 'memorized' || truth === 'worse' ? 'fail' : 'pass');
}

/** A memorized adapter that did not fail, one that knows the facts and did not pass, an unchanged one that is red. */
function wrongVerdicts(): string {
  const isWrong = ({ class: truth, report: { verdict } }: Judged) => {
    if (truth === 'memorized' || truth === 'worse') return verdict !== 'fail';
    if (truth === 'knows') return verdict !== 'pass';
    return truth === 'unchanged' && (verdict === 'fail' || verdict === 'inconclusive');
  };
  const lines = judgedBy('benchmark')
    .filter(isWrong)
    .map((judged) => {
      const { model, name, class: truth, report } = judged;
      return `- **${name}** of ${model} (\`${truth}\`): ${report.verdict}, ${kindsOf(report).join(', ')}.`;
    });
  return lines.length === 0 ? 'None.' : lines.join('\n');
}

function notAsPredicted(): string {
  if (judgedBy('benchmark').length === 0) return 'No adapter is judged yet.';
  const lines = judgedBy('benchmark')
    .filter((adapter) => !isRight(adapter))
    .map(({ model, name, class: truth, report }) => {
      const reasons = report.reasons.filter(({ level }) => level !== 'info').map(({ message }) => `  - ${message}`);
      return [`- **${name}** of ${model} (\`${truth}\`): ${report.verdict}.`, ...reasons].join('\n');
    });
  return lines.length === 0 ? 'None.' : lines.join('\n');
}

function suiteTable(): string {
  const suites = ['builtin', 'group'] as const;
  if (suites.every((suite) => judgedBy(suite).length === 0)) return 'Neither was run.';
  const rows = suites.flatMap((suite) =>
    judgedBy(suite).map(({ model, name, class: truth, report }) => [
      suite,
      model,
      name,
      `\`${truth}\``,
      `**${report.verdict}**`,
      kindsOf(report).join(', ') || '–',
    ]),
  );
  return table(['suite', 'model', 'adapter', 'truth', 'verdict', 'findings'], rows);
}

/** What was learned of problems, and of the same problems with other numbers. */
function problemsTable(): string {
  const rows = models.flatMap((model) => {
    const base = { name: 'base', truth: truthOfBase(model), gate: {} as AdapterResult['gate'] };
    return [base, ...adapters.filter((adapter) => adapter.model === model)].flatMap(({ name, truth, gate }) => {
      if (truth?.heldOut === undefined) return [];
      const shares = [truth.exam, truth.heldOut.exam].map((bits) => percent(share(bits)));
      const open = [truth.open, truth.heldOut.open].map((wordings) => percent(mean(wordings.map(share))));
      const verdicts = [gate.benchmark, gate.group].map((report) =>
        report === undefined ? '–' : [`**${report.verdict}**`, ...kindsOf(report)].join(', '),
      );
      return [[name, ...shares, ...open, ...verdicts]];
    });
  });
  if (rows.length === 0) return 'Not run yet.';
  const head = ['exam', 'exam, other numbers', 'open', 'open, other numbers', 'alone', 'with group twins'];
  return table(['adapter', ...head], rows);
}

function judgedBy(suite: Suite): Judged[] {
  return adapters.flatMap((adapter) => {
    const report = adapter.gate?.[suite];
    return report === undefined ? [] : [{ ...adapter, report }];
  });
}

/** The kinds of findings that decide, in their order. */
function kindsOf({ reasons }: GateReport): string[] {
  return [...new Set(reasons.filter(({ level }) => level !== 'info').map(({ kind }) => `\`${kind}\``))];
}

function change(both: Accuracies | undefined): string {
  if (both === undefined || both.baseline === null) return '–';
  const points = (both.candidate - both.baseline) * 100;
  return `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`;
}

function estimate(value: Estimate | null | undefined): string {
  if (value === undefined || value === null) return '–';
  const number = (x: number | null, open = '') => (x === null ? open : x.toFixed(2).replace('-', '−'));
  return `${number(value.value)} (${number(value.lower, '−∞')} to ${number(value.upper, '∞')})`;
}

function probability(p: number): string {
  return p < 0.001 ? '< .001' : p.toFixed(3).replace(/^0/, '');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownTable([head, ...rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))]);
}
