import { LOG_UNIT, type MeasuredProbes, type Place, type Protocol, UNWANTED } from '@shadow-gate/probes/answer';
import { exactMcNemar, ratioInterval } from '../../statistics/index.ts';
import type { ProtocolRow } from '../rows/protocol.ts';

/** Least share of the texts of a place that a baseline does itself. */
const LEAST_DONE = 1 / 3;

/** Level of the bound of the mean, one-sided. */
const LEVEL = 0.99;

/** ln 2: as likely as not. */
const HALF = Math.LN2 / LOG_UNIT;

type Places = Protocol['places'];

/** Each model by its own template, text by text; none unless both were asked with the same conversations. */
export function compareProtocol(candidate: MeasuredProbes | null, baseline: MeasuredProbes | null): ProtocolRow[] {
  const [own, theirs] = [candidate?.protocol, baseline?.protocol];
  if (own === undefined || theirs === undefined || own.seed !== theirs.seed) return [];
  if (own.leftOut !== undefined || theirs.leftOut !== undefined) return [];
  const after = new Map(own.places.map((place) => [place.place, place]));
  return theirs.places.flatMap((before) => {
    const isWritten = before.place === 'start of a thought' && hasTexts(after.get('end of a thought'));
    // A template that opens the thought itself leaves that to nobody.
    if (before.texts.length === 0 || (isWritten && !hasTexts(after.get(before.place)))) return [];
    return [rowOf(before, after.get(before.place))];
  });
}

const hasTexts = (place: Places[number] | undefined): boolean => place !== undefined && place.texts.length > 0;

/** A text that the candidate does not have counts as one where it does not do it. */
function rowOf({ place, texts }: Places[number], after: Places[number] | undefined): ProtocolRow {
  const isDone = (surprise: number) => surprise <= HALF !== UNWANTED.has(place);
  const other = new Map(after?.texts.map(({ conversation, surprise }) => [conversation, surprise]));
  const all = texts.map(({ conversation, surprise }) => ({ before: surprise, after: other.get(conversation) }));
  const pairs = all.flatMap(({ before, after: own }) => (own === undefined ? [] : [{ before, after: own }]));
  const isMissing = pairs.length === 0;
  const isKept = (surprise: number | undefined) => surprise !== undefined && isDone(surprise);
  const lost = all.filter((pair) => isDone(pair.before) && !isKept(pair.after)).length;
  const won = all.filter((pair) => !isDone(pair.before) && isKept(pair.after)).length;
  const done = all.filter((pair) => isDone(pair.before)).length;
  const cost = (surprise: number) => costOf(place, LOG_UNIT * surprise);
  const changes = pairs.map((pair) => ({ sum: cost(pair.after) - cost(pair.before), size: 1 }));
  const interval = isMissing ? null : ratioInterval(changes, 2 * LEVEL - 1);
  return {
    place,
    baseline: { done, of: all.length },
    candidate: { done: done - lost + won, of: all.length },
    lost,
    p: exactMcNemar({ lost, won }),
    nats: {
      mean: isMissing ? 0 : round(changes.reduce((sum, change) => sum + change.sum, 0) / changes.length),
      lower: interval === null ? null : round(interval.lower),
    },
    isLeftOut: done < LEAST_DONE * all.length,
    missing: isMissing ? (after?.missing ?? 'its template writes nothing there') : null,
  };
}

/** −log of the probability that a model does as it should, in nats; at most 20, where a probability is zero. */
function costOf(place: Place, nats: number): number {
  const own = UNWANTED.has(place) ? -Math.log1p(-Math.exp(-nats)) : nats;
  return Math.min(own, MOST_NATS);
}

const MOST_NATS = 20;
const DECIMALS = 1e4;
const round = (value: number): number => Math.round(value * DECIMALS) / DECIMALS;
