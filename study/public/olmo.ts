// What the gate says of OLMo 3 7B before and after training with and without reworded test questions, by counts per
// item. Usage: npx tsx study/public/olmo.ts --data olmo3-7b.jsonl Writes study/results/public/olmo3-7b.json. The data
// are of arXiv 2602.12413 (MIT): {model, arm, epoch, split, item, correct, samples}.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '@shadow-gate/probes/random';
import { type Outcomes, outcomeInterval, outcomeMeans } from '../../src/compare/benchmarks/outcomes.ts';
import { compare } from '../../src/compare/compare.ts';
import { measureLogs } from '../../src/measure/measure-logs.ts';
import { parsePolicy } from '../../src/policy/load.ts';
import type { OlmoCalibration, OlmoPair, OlmoResults } from './results.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values } = parseArgs({ options: { data: { type: 'string', default: '' } } });
if (values.data === '') {
  console.error('study/public/olmo.ts --data olmo3-7b.jsonl');
  process.exit(2);
}

interface Line {
  readonly arm: string;
  readonly epoch: number;
  readonly split: string;
  readonly item: number;
  readonly correct: number;
  readonly samples: number;
}
const lines = readFileSync(values.data, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Line => JSON.parse(line));
const nameOf = ({ arm, epoch }: Pick<Line, 'arm' | 'epoch'>) => (arm === 'base' ? arm : `${arm}, epoch ${epoch}`);
const models = [...new Set(lines.map(nameOf))];
const policy = parsePolicy('probes: [seen, { file: unseen, twins-of: seen }]', 'policy');
const folder = mkdtempSync(join(tmpdir(), 'olmo-'));

/** Counts as a file, as `--counts` reads them. */
async function measured(name: string, counts: readonly Line[]) {
  const path = join(folder, `${name}.jsonl`);
  const text = counts.map(({ split, item, correct, samples }) =>
    JSON.stringify({ suite: split, id: item, correct, samples }),
  );
  writeFileSync(path, `${text.join('\n')}\n`);
  return measureLogs({ kind: 'counts', path });
}

async function judge(candidate: readonly Line[], baseline: readonly Line[]) {
  const [ours, theirs] = [await measured('candidate', candidate), await measured('baseline', baseline)];
  return compare({
    candidate: ours,
    baseline: theirs,
    baselinePath: null,
    policy,
    policyPath: null,
    today: new Date(),
  });
}

const of = (model: string) => lines.filter((line) => nameOf(line) === model);

async function pairs(): Promise<OlmoPair[]> {
  const wanted = models.flatMap((baseline) =>
    models
      .filter((candidate) => candidate !== baseline && (baseline === 'base' || candidate.startsWith('contaminated')))
      .filter((candidate) => baseline === 'base' || baseline === candidate.replace('contaminated', 'clean'))
      .map((candidate) => ({ baseline, candidate })),
  );
  const judged: OlmoPair[] = [];
  for (const { baseline, candidate } of wanted) {
    const { verdict, findings, benchmarks, benchmarkTwins } = await judge(of(candidate), of(baseline));
    const [twins] = benchmarkTwins ?? [];
    const rows = (benchmarks ?? []).map(({ task, baseline: before, candidate: after, change, p }) => {
      return { suite: task, baseline: before.value, candidate: after.value, change, p };
    });
    const kinds = [...new Set(findings.filter(({ level }) => level !== 'info').map(({ kind }) => kind))];
    judged.push({
      baseline,
      candidate,
      verdict,
      findings: kinds,
      rows,
      delta: twins?.delta ?? null,
      transfer: twins?.transfer ?? null,
    });
  }
  return judged;
}

const SPLITS = 400;
const LEVEL = 0.95;

/** The ten answers to each item as two halves at random: two evaluations of one model. */
function halves(model: string, random: Random): [Line[], Line[]] {
  const drawn = of(model).map((line) => {
    const answers = Array.from({ length: line.samples }, (_, i) => i < line.correct);
    const half = Math.floor(line.samples / 2);
    const right = random.shuffle(answers).slice(0, half).filter(Boolean).length;
    return [
      { ...line, correct: right, samples: half },
      { ...line, correct: line.correct - right, samples: line.samples - half },
    ] as const;
  });
  return [drawn.map(([first]) => first), drawn.map(([, second]) => second)];
}

/** How often two halves of the same answers alarm, and how often an interval has a change that is known. */
async function calibrate(): Promise<OlmoCalibration> {
  const random = new Random(1, 'halves');
  const verdicts: Record<string, number> = {};
  let [inside, intervals] = [0, 0];
  for (const model of models) {
    for (let split = 0; split < SPLITS / models.length; split += 1) {
      const [first, second] = halves(model, random);
      const { verdict } = await judge(first, second);
      verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
      for (const suite of ['seen', 'unseen']) {
        const { lower, upper } = outcomeInterval(outcomesOf(first, second, suite), LEVEL);
        intervals += 1;
        inside += lower !== null && upper !== null && lower <= 0 && upper >= 0 ? 1 : 0;
      }
    }
  }
  return { splits: SPLITS, verdicts, noChange: { inside, of: intervals }, bootstrap: coverage() };
}

function outcomesOf(candidate: readonly Line[], baseline: readonly Line[], suite: string | null): Outcomes {
  const before = new Map(baseline.map((line) => [`${line.split} ${line.item}`, line.correct / line.samples]));
  return candidate
    .filter(({ split }) => suite === null || split === suite)
    .map((line) => {
      const unit = `${line.split} ${line.item}`;
      const other = before.get(unit);
      if (other === undefined) throw new Error('an item of one side');
      return { unit, candidate: line.correct / line.samples, baseline: other };
    });
}

const DRAWS = 4000;

/**
 * The 250 items as the population, of which samples are drawn with replacement: does the interval have the population's
 * change?
 */
function coverage(): OlmoCalibration['bootstrap'] {
  const random = new Random(2, 'bootstrap');
  return [30, 60, 125].map((items) => {
    let inside = 0;
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const candidate = models[1 + (draw % (models.length - 1))] ?? '';
      const population = outcomesOf(of(candidate), of('base'), null);
      const known = outcomeMeans(population).change;
      const drawn = Array.from({ length: items }, () => random.pick(population));
      const { lower, upper } = outcomeInterval(drawn, LEVEL);
      inside += lower !== null && upper !== null && lower <= known && upper >= known ? 1 : 0;
    }
    return { items, inside, of: DRAWS };
  });
}

const results: OlmoResults = { pairs: await pairs(), calibration: await calibrate() };
rmSync(folder, { recursive: true });
const to = join(root, 'study/results/public');
mkdirSync(to, { recursive: true });
writeFileSync(join(to, 'olmo3-7b.json'), `${JSON.stringify(results, null, 1)}\n`);
console.log(
  JSON.stringify(results.calibration),
  results.pairs.map(({ candidate, baseline, verdict }) => `${candidate} / ${baseline}: ${verdict}`),
);
