import { at, capitalize } from '@shadow-gate/platform';
import {
  compareRationals,
  decimalPlaces,
  formatRational,
  isEqual,
  type Rational,
  rational,
} from '../arithmetic/rational.ts';
import type { Random } from '../random.ts';
import { type LinkedSteps, linkSteps, type StepMode } from './link-steps.ts';
import { numberWord, type QuestionNumber } from './question-numbers.ts';
import { parseSteps, recompute, stepLiterals } from './steps.ts';

/** Characters of a problem and its solution; the search for meanings takes time. */
const LONGEST = 10_000;

export interface Redrawn {
  readonly question: string;
  readonly target: string;
  /** The marked calculations of its solution, each as `20-5-6=9`. */
  readonly steps: readonly string[];
}

/** Draws before a problem is given up. Most need fewer than ten; 2,000 instead would redraw 3 more of 498. */
const ATTEMPTS = 200;

/**
 * Draw other numbers for a problem with GSM8K's steps: each between half and one and a half of the old, with as many
 * digits and, if possible, as round. Results stay positive, between half and twice the old, with no more decimals and
 * in the same order of size. Null if the solution says too little.
 */
export function redraw(
  problem: { readonly question: string; readonly solution: string; readonly target: string },
  { mode, random }: { readonly mode: StepMode; readonly random: Random },
): Redrawn | null {
  if (problem.question.length + problem.solution.length > LONGEST) return null;
  const steps = parseSteps(problem.solution, problem.target);
  if (!steps || (mode === 'strict' && HIDDEN_CHOICE.test(problem.question))) return null;
  const linked = linkSteps(problem, steps, mode);
  if (!linked || linked.free.length === 0 || !changesAnswer(linked)) return null;
  const old = linked.steps.map(({ result }) => result);
  if (old.some(({ numerator }) => numerator <= 0n)) return null;
  const ranges = linked.free.map((index) => rangeOf(problem.question, at(linked.numbers, index)));
  if (ranges.some((range) => range.length === 0)) return null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const drawn = new Map(linked.free.map((index, i) => [index, random.pick(at(ranges, i))]));
    const results = resultsOf(linked, drawn);
    if (results === null || !isLike(linked, drawn, results)) continue;
    return write(problem.question, linked, drawn, results);
  }
  return null;
}

/** Questions whose answer can depend on an order or on rounding that no step shows. */
const HIDDEN_CHOICE =
  /\b(most|least|largest|smallest|biggest|cheapest|cheaper|longest|shortest|oldest|youngest|fastest|slowest|highest|lowest|maximum|minimum|round(ed)?|nearest|whichever|at least|at most|or less|or more|up to|no more than|whole number|limit|odd|even number|better|winner|exceeds?|overtime|first \d+|every (second|third|fourth|other)|(other|remaining|another) (\d+|two|three|four|five|six|half)|for every|remainder|birthday)\b/i;

/** Whether the answer depends on a redrawn number. */
function changesAnswer({ sources }: LinkedSteps): boolean {
  const depends = (step: number): boolean =>
    (sources[step] ?? []).some(
      (source) => source.kind === 'question' || (source.kind === 'result' && depends(source.step)),
    );
  return depends(sources.length - 1);
}

/** Largest numbers of a unit that make sense if the question stays below them: "works 6 days a week". */
const CAPS: ReadonlyArray<readonly [RegExp, readonly number[]]> = [
  [/^[ -]?days?\b/i, [7, 31, 365]],
  [/^[ -]?(hours?|hrs?)\b/i, [24]],
  [/^[ -]?(minutes?|mins?|seconds?)\b/i, [60]],
  [/^[ -]?months?\b/i, [12]],
  [/^[ -]?weeks?\b/i, [4, 52]],
  [/^[ -]?inch(es)?\b/i, [12]],
  [/^[ -]?(years? old|-year-old)\b/i, [100]],
];

/** Other numbers that can replace one of the question. */
function rangeOf(question: string, number: QuestionNumber): readonly Rational[] {
  const value = at(number.values, 0);
  const scale = 10n ** BigInt(number.text.split('.')[1]?.length ?? 0);
  const scaled = Number((value.numerator * scale) / value.denominator);
  const cap = CAPS.find(([unit]) => unit.test(question.slice(number.end)))?.[1].find((limit) => scaled <= limit);
  const high = Math.min(Math.floor(scaled * 1.5), cap ?? Number.POSITIVE_INFINITY);
  const digits = (n: number) => String(n).length;
  for (const unit of unitsOf(scaled)) {
    const range: Rational[] = [];
    for (let n = Math.ceil(scaled / 2 / unit) * unit; n <= high; n += unit) {
      const isWord = number.kind !== 'word' || numberWord(n) !== null;
      if (n >= 2 && n !== scaled && digits(n) === digits(scaled) && isWord) range.push(rational(BigInt(n), scale));
    }
    if (range.length >= 2 || (unit === 1 && range.length > 0)) return range;
  }
  return [];
}

/** As round as a number is, then less so: 50, 10, 5 and 1 for 250. */
function unitsOf(value: number): number[] {
  const units: number[] = [];
  for (let power = 1; value % power === 0 && power <= value; power *= 10) {
    units.push(power);
    if (value % (5 * power) === 0) units.push(5 * power);
  }
  return units.reverse();
}

/** Values by the index of a number in the question. */
type Drawn = ReadonlyMap<number, Rational>;

function resultsOf(linked: LinkedSteps, drawn: Drawn): readonly Rational[] | null {
  const results: Rational[] = [];
  for (const [i, step] of linked.steps.entries()) {
    const result = recompute(step, literalsFor(linked, i, drawn, results));
    if (result === null) return null;
    const limit = decimalPlaces(step.result);
    const decimals = decimalPlaces(result);
    const isFine = limit === null || (decimals !== null && decimals <= limit);
    if (!isFine || !isNear(result, step.result)) return null;
    results.push(result);
  }
  return results;
}

function literalsFor({ steps, sources }: LinkedSteps, i: number, drawn: Drawn, results: readonly Rational[]) {
  return stepLiterals(at(steps, i)).map((value, j) => {
    const source = at(at(sources, i), j);
    if (source.kind === 'question') return drawn.get(source.index) ?? value;
    return source.kind === 'result' ? at(results, source.step) : value;
  });
}

/** Positive, and between half and twice the old. */
function isNear(value: Rational, old: Rational): boolean {
  const double = ({ numerator, denominator }: Rational) => rational(numerator * 2n, denominator);
  return value.numerator > 0n && compareRationals(double(value), old) >= 0 && compareRationals(value, double(old)) <= 0;
}

/** Whether all numbers are in the same order of size as before, and the answer changes. */
function isLike({ numbers, steps, free }: LinkedSteps, drawn: Drawn, results: readonly Rational[]): boolean {
  const before = [...free.map((index) => at(at(numbers, index).values, 0)), ...steps.map(({ result }) => result)];
  const after = [...free.map((index) => drawn.get(index) ?? at(at(numbers, index).values, 0)), ...results];
  if (isEqual(at(before, before.length - 1), at(after, after.length - 1))) return false;
  return before.every((a, i) =>
    before.every((b, j) => {
      const order = compareRationals(a, b);
      return j <= i || order === 0 || Math.sign(compareRationals(at(after, i), at(after, j))) === Math.sign(order);
    }),
  );
}

function write(question: string, linked: LinkedSteps, drawn: Drawn, results: readonly Rational[]): Redrawn {
  let text = question;
  for (const [index, value] of [...drawn].sort(([a], [b]) => b - a)) {
    const { start, end, text: old } = at(linked.numbers, index);
    const written = formatLike(value, old);
    text = `${withArticle(text.slice(0, start), written)}${written}${text.slice(end)}`;
  }
  const steps = linked.steps.map((step, i) => {
    const literals = literalsFor(linked, i, drawn, results).values();
    const left = step.text.replace(/\d+(?:\.\d+)?|\.\d+/g, (old) => {
      const { value } = literals.next();
      return value === undefined ? old : formatRational(value);
    });
    return `${left}=${formatRational(at(results, i))}`;
  });
  return { question: text, target: formatRational(at(results, results.length - 1)), steps };
}

/** Writes a number like another one: with commas between thousands, with as many decimals, as a word. */
function formatLike(value: Rational, old: string): string {
  if (/^[a-z]/i.test(old)) {
    const word = numberWord(Number(value.numerator)) ?? formatRational(value);
    return /^[A-Z]/.test(old) ? capitalize(word) : word;
  }
  const decimals = old.split('.')[1]?.length ?? 0;
  const [whole = '', fraction = ''] = formatRational(value).split('.');
  const grouped = old.includes(',') ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole;
  const shown = old.startsWith('.') ? '' : grouped;
  return decimals === 0 ? shown : `${shown}.${fraction.padEnd(decimals, '0')}`;
}

/** "a 7-hour shift", "an 8-hour shift". */
function withArticle(before: string, number: string): string {
  const takesAn = /^(?:8|11(?!\d)|18(?!\d)|11,|18,|eight|eleven)/i.test(number);
  return before.replace(/\b(a)n?( \$?)$/i, (_, a: string, rest: string) => `${a}${takesAn ? 'n' : ''}${rest}`);
}
