import { at, groupBy } from '@shadow-gate/platform';
import { LOG_UNIT, type MeasuredProbes, type OwnText } from '@shadow-gate/probes/answer';
import { inOneOrder } from '@shadow-gate/probes/texts';
import { controlledRatio, ratioInterval } from '../../statistics/index.ts';
import type { OwnTextRow } from '../rows/own-text.ts';

/** Level of the intervals, two-sided. */
const LEVEL = 0.95;

/** Share of the texts that are the worst ones. */
const WORST = 0.1;

interface TextChange {
  readonly part: string;
  readonly tokens: number;
  /** Σ log p(baseline) − log p(candidate) over its tokens. */
  readonly sum: number;
  /** Σ p(candidate) ÷ p(baseline) − 1, whose expectation is 0; null where the tokens differ. */
  readonly control: number | null;
}

/** The candidate's reading of the baseline's own text; null unless both sides know it. */
export function compareOwnText(
  candidate: MeasuredProbes,
  baseline: MeasuredProbes,
  { isServed, ...expected }: Pick<OwnTextRow, 'sameModel' | 'limit'> & { readonly isServed: boolean },
): OwnTextRow | null {
  const [read, drawn] = [candidate.ownText?.read, baseline.ownText?.drawn];
  if (read === undefined || drawn === undefined || read.digest !== drawn.digest) return null;
  const changes = drawn.texts.flatMap(({ part }, i): TextChange[] => {
    const [ours, theirs] = [at(read.scores.alone, i), at(drawn.scores.alone, i)];
    return ours.length === 0 || theirs.length === 0 ? [] : [changeOf(part, ours, theirs, read.isInTokens)];
  });
  const clusters = changes.map(({ sum, tokens, control }) => ({ sum, size: tokens, control: control ?? 0 }));
  const interval = controlledRatio(clusters, LEVEL);
  if (interval === null) return null;
  const byChange = changes.toSorted((a, b) => b.sum / b.tokens - a.sum / a.tokens);
  const worst = byChange.slice(0, Math.ceil(WORST * changes.length));
  const parts = [...groupBy(changes, ({ part }) => part)].map(([part, own]) => ({ part, ...summed(own) }));
  return {
    natsPerToken: round(interval.mean),
    low: round(interval.lower),
    high: round(interval.upper),
    tokens: changes.reduce((sum, { tokens }) => sum + tokens, 0),
    texts: changes.length,
    drawn: read.drawn,
    ...expected,
    worst: { texts: worst.length, natsPerToken: summed(worst).natsPerToken },
    parts: parts.sort((a, b) => b.natsPerToken - a.natsPerToken),
    // A server keeps some tokens of its context, and its operator chooses the rest.
    tooLong: isServed ? 0 : tooLong(read, drawn),
    late: lateChange(read, drawn),
  };
}

function changeOf(part: string, ours: readonly number[], theirs: readonly number[], isInTokens: boolean): TextChange {
  const sum = LOG_UNIT * (total(ours) - total(theirs));
  const isPaired = isInTokens && ours.length === theirs.length;
  const control = isPaired ? total(ours.map((own, i) => Math.expm1(LOG_UNIT * (at(theirs, i) - own)))) : null;
  return { part, tokens: theirs.length, sum, control };
}

function summed(changes: readonly TextChange[]) {
  const tokens = total(changes.map((change) => change.tokens));
  return { texts: changes.length, tokens, natsPerToken: round(total(changes.map(({ sum }) => sum)) / tokens) };
}

/** The candidate chooses its context: nothing may be hidden by a shorter one. */
function tooLong({ isInTokens, scores }: NonNullable<OwnText['read']>, drawn: NonNullable<OwnText['drawn']>): number {
  if (!isInTokens) return 0;
  const unread = scores.alone.filter((own, i) => own.length === 0 && at(drawn.scores.alone, i).length > 0);
  return unread.length + Math.max(0, (drawn.scores.joined?.length ?? 0) - (scores.joined?.length ?? 0));
}

/** In the second half of the long text, against the same texts alone: what the position itself did. */
function lateChange(read: NonNullable<OwnText['read']>, drawn: NonNullable<OwnText['drawn']>): OwnTextRow['late'] {
  const [ours, theirs] = [read.scores.joined, drawn.scores.joined];
  if (ours === undefined || theirs === undefined) return null;
  const order = new Map(drawn.texts.map((text, i) => [text, i]));
  const placed = inOneOrder(drawn.texts).slice(0, Math.min(ours.length, theirs.length));
  const changes = placed.flatMap((text, i) => {
    const index = order.get(text) ?? 0;
    const [own, other] = [at(read.scores.alone, index), at(drawn.scores.alone, index)];
    const size = other.length;
    if (own.length === 0 || size === 0) return [];
    const alone = (LOG_UNIT * (total(own) - total(other))) / size;
    const { position, mean } = at(theirs, i);
    return [{ position, end: position + size, size, change: at(ours, i).mean - mean - alone }];
  });
  const end = changes.at(-1)?.end ?? 0;
  const late = changes.filter(({ position }) => position >= end / 2);
  const interval = ratioInterval(
    late.map(({ change, size }) => ({ sum: change * size, size })),
    LEVEL,
  );
  if (interval === null) return null;
  const [from, natsPerToken] = [at(late, 0).position, round(interval.mean)];
  return { from, to: end, natsPerToken, low: round(interval.lower), high: round(interval.upper) };
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

const DECIMALS = 1e4;
const round = (value: number): number => Math.round(value * DECIMALS) / DECIMALS;
