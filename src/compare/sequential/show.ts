import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { binomialAtLeast, type SeenBlocks } from '../../statistics/index.ts';
import type { KindView } from '../estimates/kinds.ts';
import type { Transfer } from '../estimates/transfer.ts';
import type { Asked } from './asked.ts';
import { type GainRule, leastTotal, lowerEnd } from './gain-rule.ts';
import { evidence } from './graded-evidence.ts';
import type { HarmSum } from './harm-rule.ts';

/** Is it certain, but for `alpha`, that all harm together is enough for the rule, and significant? */
export function showsHarm({ facts, harm, most, least, alpha: level }: HarmSum, asked: Asked, alpha: number): boolean {
  const seen = asked.seen(facts, harm, { lowest: -most, highest: most });
  const isEnough = (sum: number, squares: number) =>
    sum >= least && (level === null || signFlipP(sum, squares, most) < level);
  return (
    seen !== null &&
    shows(seen, (squares) => leastTotal(most * facts.length, (sum) => isEnough(sum, squares)).above, alpha)
  );
}

/** Exact if each fact has one answer, else Hoeffding's bound (1963) of a sum with random signs. */
function signFlipP(sum: number, squares: number, most: number): number {
  const changed = Math.max(sum, squares);
  return most === 1
    ? binomialAtLeast(Math.ceil((changed + sum) / 2), Math.ceil(changed), 0.5)
    : Math.exp(-(sum ** 2) / (2 * changed));
}

/** Looks at a bootstrap interval are not proven to be safe at any time; this share of its error is. */
const SHARE_OF_LOOKS = 1 / 8;

interface SharedGains {
  readonly policy: ProbePolicy;
  readonly rules: number;
}

/** Is it certain, but for `alpha`, that the full interval of the shadow delta will lie above the margin? */
export function evidenceOfGain(
  { view, facts, excess, most }: GainRule,
  asked: Asked,
  { alpha, policy, rules }: SharedGains & { readonly alpha: number },
): boolean {
  // The units of a group are not facts.
  if (view === null || view.row.kind === 'group') return false;
  const seen = asked.seen(facts, excess, { lowest: -most, highest: most });
  const level = 1 - (1 - policy.confidence) / rules;
  const { margin } = policy['shadow-delta'];
  const n = facts.length;
  const least = (squares: number) =>
    leastTotal(most * n, (total) => lowerEnd({ total, squares, n, level }) > margin).above;
  return seen !== null && shows(seen, least, alpha);
}

/** Is the interval of the transfer so far below the limit that fails? */
export function showsTransfer({ view }: GainRule, kinds: readonly KindView[], { policy, rules }: SharedGains): boolean {
  const level = 1 - (1 - policy.confidence) / rules;
  const upper = transferIn(view, kinds)?.interval(1 - SHARE_OF_LOOKS * (1 - level)).upper ?? null;
  return upper !== null && upper < policy['shadow-delta']['transfer-fail'];
}

/** Is the interval of the transfer so far above the limit that fails, so that no warning is near? */
export function excludesTransfer({ view }: GainRule, kinds: readonly KindView[], policy: ProbePolicy): boolean {
  const lower = transferIn(view, kinds)?.interval(1 - SHARE_OF_LOOKS * (1 - policy.confidence)).lower ?? null;
  return lower !== null && lower > policy['shadow-delta']['transfer-fail'];
}

/** Transfer of the same twins so far; null if the benchmark form did not gain. */
function transferIn(view: KindView | null, kinds: readonly KindView[]): Transfer | null {
  return kinds.find(({ row }) => view !== null && isSameView(row, view.row))?.delta?.transfer ?? null;
}

const isSameView = (a: KindView['row'], b: KindView['row']): boolean =>
  a.suite === b.suite && a.kind === b.kind && a.group === b.group;

/** Evidence that the sum of all numbers is as large as their squares need, which are estimated from above. */
function shows(seen: SeenBlocks, least: (squares: number) => number, alpha: number): boolean {
  const leastAfter = (numbers: readonly number[]) => least(squaresOfAll(numbers, seen)) - ROUNDING;
  return evidence(seen, leastAfter, ['loud']) >= Math.log(1 / alpha);
}

/** A sum that is just enough counts. */
const ROUNDING = 1e-6;

/** With two standard errors of the number of changes, and as if one in ten changed before any was seen. */
function squaresOfAll(numbers: readonly number[], { size, highest }: SeenBlocks): number {
  if (numbers.length === 0) return (size * highest ** 2) / 10;
  const sum = numbers.reduce((total, number) => total + number ** 2, 0);
  const changes = Math.max(1, numbers.filter((number) => number !== 0).length);
  const left = size - numbers.length;
  return sum + (left * sum * (1 + 2 / Math.sqrt(changes))) / numbers.length;
}
