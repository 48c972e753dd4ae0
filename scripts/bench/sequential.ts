// How many items sequential probes ask, and how often their verdict differs from the verdict on all items: simulated
// candidates, judged by the code that a check runs. Usage: npm run bench:sequential [-- --draws 100 --from 0 --shape
// derived --scenario 'same answers' --into FILE]
//
// With --into, outcomes are appended, one JSON line per candidate; without draws, the table of all of them is printed.
//
// npm run bench:sequential -- --graded 20: answers with log-likelihoods, in so many draws, and attacks on them in so
// many orders.
//
// npm run bench:sequential -- --attacks 200: candidates of somebody who knows everything but the order, each in so many
// orders.
import { randomInt } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { at } from '@shadow-gate/platform';
import { attacksOn, wrongPasses } from '../../test/compare/sequential/adversary.ts';
import { GRADED_SCENARIOS, gradedAttacks, gradedOutcome } from '../../test/compare/sequential/graded-worlds.ts';
import { type Outcome, outcomeOf, SCENARIOS, type Shape } from '../../test/compare/sequential/worlds.ts';

const { values } = parseArgs({
  options: {
    draws: { type: 'string', default: '20' },
    from: { type: 'string', default: '0' },
    shape: { type: 'string' },
    scenario: { type: 'string' },
    into: { type: 'string' },
    seconds: { type: 'string', default: 'Infinity' },
    attacks: { type: 'string' },
    graded: { type: 'string' },
  },
});

const percent = (share: number): string => `${(100 * share).toFixed(1)}`;
const SHAPES: readonly Shape[] = ['built-in', 'derived'];

/** A line of the file that --into names. */
interface Drawn extends Outcome {
  readonly shape: Shape;
  readonly name: string;
  readonly seed: number;
}

if (values.attacks !== undefined) {
  for (const shape of SHAPES) {
    for (const { name, pair } of attacksOn(shape, 1)) {
      const seeds = Array.from({ length: Number(values.attacks) }, () => randomInt(2 ** 31 - 1));
      console.log(`${shape} | ${name} | wrong passes: ${wrongPasses(pair, seeds)} of ${seeds.length}`);
    }
  }
  process.exit();
}

if (values.graded !== undefined) {
  const count = Number(values.graded);
  for (const [name, scenario] of Object.entries(GRADED_SCENARIOS)) {
    const own = Array.from({ length: count }, (_, i) => gradedOutcome(scenario, i + 1));
    const share = (has: (outcome: Outcome) => boolean) => percent(own.filter(has).length / own.length);
    const verdicts = (['pass', 'warn', 'inconclusive', 'fail'] as const).map((verdict) =>
      share(({ full }) => full === verdict),
    );
    const asked = percent(own.reduce((sum, one) => sum + one.asked, 0) / count);
    const wrong = share(({ full, sequential }) => full === 'fail' && sequential === 'pass');
    console.log(`${name} | asked ${asked} | full: ${verdicts.join(', ')} | pass for fail ${wrong}`);
  }
  for (const { name, pair } of gradedAttacks(1)) {
    const seeds = Array.from({ length: count }, () => randomInt(2 ** 31 - 1));
    console.log(`${name} | wrong passes: ${wrongPasses(pair, seeds)} of ${count}`);
  }
  process.exit();
}

const shapes = SHAPES.filter((shape) => values.shape === undefined || shape === values.shape);
const scenarios = Object.entries(SCENARIOS).filter(
  ([name]) => values.scenario === undefined || name === values.scenario,
);
const [from, draws] = [Number(values.from), Number(values.draws)];
const started = performance.now();
const outcomes: Drawn[] = [];
for (let seed = from + 1; seed <= from + draws; seed += 1) {
  if ((performance.now() - started) / 1000 > Number(values.seconds)) break;
  for (const shape of shapes) {
    for (const [name, scenario] of scenarios) {
      const outcome = { shape, name, seed, ...outcomeOf(shape, scenario, seed) };
      if (values.into !== undefined) appendFileSync(values.into, `${JSON.stringify(outcome)}\n`);
      outcomes.push(outcome);
    }
  }
}

const all: readonly Drawn[] =
  values.into === undefined
    ? outcomes
    : readFileSync(values.into, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
console.log(
  'shape | scenario | draws | asked: mean, median, 90% | stopped | full: pass, fail, other | in blocks: pass, fail, other | pass for fail, fail for pass or other, pass for other',
);
for (const shape of SHAPES) {
  for (const name of Object.keys(SCENARIOS)) {
    const own = all.filter((outcome) => outcome.shape === shape && outcome.name === name);
    if (own.length > 0) console.log([shape, name, own.length, ...columnsOf(own)].join(' | '));
  }
}

function columnsOf(own: readonly Drawn[]): string[] {
  const share = (has: (outcome: Drawn) => boolean) => percent(own.filter(has).length / own.length);
  const asked = own.map((outcome) => outcome.asked).sort((a, b) => a - b);
  const quantile = (q: number) => percent(at(asked, Math.min(asked.length - 1, Math.floor(q * asked.length))));
  const verdicts = (side: 'full' | 'sequential') => {
    const [pass, fail] = ['pass', 'fail'].map((verdict) => share((one) => one[side] === verdict));
    return `${pass}, ${fail}, ${share((one) => one[side] !== 'pass' && one[side] !== 'fail')}`;
  };
  return [
    `${percent(asked.reduce((sum, one) => sum + one, 0) / asked.length)}, ${quantile(0.5)}, ${quantile(0.9)}`,
    share(({ settled }) => settled !== null),
    verdicts('full'),
    verdicts('sequential'),
    [
      share(({ full, sequential }) => full === 'fail' && sequential === 'pass'),
      share(({ full, sequential }) => full !== 'fail' && sequential === 'fail'),
      share(({ full, sequential }) => full !== 'fail' && full !== 'pass' && sequential === 'pass'),
    ].join(', '),
  ];
}
