import type { ChangeRow, Estimate, KindRow } from '../../compare/probes/index.ts';
import type { ProbePolicy } from '../../policy/probe-policy.ts';
import { formatInterval, formatLimit, formatPointsLimit, pointsDigits } from './numbers.ts';
import { name, type Phrase, phrase, term } from './phrase.ts';
import { ROLE_WORDS, TWIN_LABELS } from './twin-words.ts';

/** `95%` */
const levelText = (confidence: number): string => `${Number((100 * confidence).toFixed(1))}%`;

/** `35.9 (29.4 to 42.4)`; a line may break before the parenthesis only. */
export const intervalCell = (estimate: Estimate, show: (value: number) => string): string =>
  formatInterval(estimate, show).replaceAll(' ', '\u00a0').replace('\u00a0(', ' (');

export const accuracyCaption = (confidence: number, hasTwins: boolean): Phrase =>
  phrase`Share of right answers, with ${levelText(confidence)} intervals: Clopper and Pearson’s exact interval${hasTwins ? '; where a fact has several other forms, with their effective number (Korn and Graubard 1998)' : ''}. Accuracies of the same facts are paired: intervals that overlap may still differ.`;

export const PLANE_AXES = { benchmark: 'Δ exam, points', twin: 'Δ other forms, points' } as const;

/** A number of points on an axis: `+20`, `−20`, `0`. */
export const pointsTick = (points: number): string => `${points > 0 ? '+' : points < 0 ? '−' : ''}${Math.abs(points)}`;

export type DrawnPolicy = Pick<ProbePolicy, 'shadow-delta' | 'twin-accuracy'>;

/** The region of one plane, in words. @param policy null: unknown */
export function planeCaption({ role }: Pick<KindRow, 'role'>, policy: DrawnPolicy | null): Phrase {
  if (policy === null) return phrase`This report does not have the limits of its policy, so that no region is drawn.`;
  const { 'minimum-gain': least, margin, 'transfer-fail': fail } = policy['shadow-delta'];
  const { drop } = policy['twin-accuracy'];
  const reason = ROLE_WORDS[role].replace(/^no: /, '');
  const decides = role === 'decides' || role === 'only-format';
  return phrase`Shaded: accepted. Neither form lost ${formatPointsLimit(drop)}; and the gain is below ${formatPointsLimit(least)}, or other forms are within ${formatPointsLimit(margin)} of it, or ${term('transfer', 'transfer')} is at least ${formatLimit(fail)} (in log-odds above chance, drawn in points from where this baseline starts).${decides ? '' : ` These twins do not decide about a gain: ${reason}.`}`;
}

export const planesNote = (confidence: number): Phrase =>
  phrase`On the dashed line, other forms gain as much as the exam. Whiskers are ${levelText(confidence)} intervals (Student’s, over facts or templates). A point outside is not yet a failure: a gain fails if the intervals of ${term('shadowDelta', 'shadow delta')} and transfer lie beyond the limits too, a loss if a test over all facts shows it. As in the check of a gain, only facts of families below the ceiling are in here. Small dots are capabilities; they are not judged apart, and the region is not theirs.`;

/** `mmlu.csv, no options`, `mmlu.csv, questions of private.csv`. */
export const planeTitle = ({ suite, kind, group }: Pick<ChangeRow, 'suite' | 'kind' | 'group'>): Phrase =>
  group === null ? phrase`${name(suite)}, ${TWIN_LABELS[kind]}` : phrase`${name(suite)}, questions of ${name(group)}`;

export function planeLabel(row: ChangeRow): string {
  const { benchmark, twin } = row;
  return `${TWIN_LABELS[row.kind]}: the exam changed by ${pointsDigits(benchmark.value)} points, the other form by ${pointsDigits(twin.value)}`;
}
