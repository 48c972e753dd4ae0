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
  return theirs.places.flatMap((before) => {
    const after = own.places.find(({ place }) => place === before.place);
    return before.texts.length === 0 ? [] : [rowOf(before, after)];
  });
}

function rowOf({ place, texts }: Places[number], after: Places[number] | undefined): ProtocolRow {
  const isDone = (surprise: number) => surprise <= HALF !== UNWANTED.has(place);
  const other = new Map(after?.texts.map(({ conversation, surprise }) => [conversation, surprise]));
  const pairs = texts.flatMap(({ conversation, surprise }) => {
    const own = other.get(conversation);
    return own === undefined ? [] : [{ before: surprise, after: own }];
  });
  if (pairs.length === 0) {
    const done = { done: texts.filter(({ surprise }) => isDone(surprise)).length, of: texts.length };
    const isLeftOut = done.done < LEAST_DONE * done.of;
    const missing = after?.missing ?? 'its template writes nothing there';
    return {
      place,
      baseline: done,
      candidate: { done: 0, of: 0 },
      p: 1,
      nats: { mean: 0, lower: null },
      isLeftOut,
      missing,
    };
  }
  const lost = pairs.filter((pair) => isDone(pair.before) && !isDone(pair.after)).length;
  const won = pairs.filter((pair) => !isDone(pair.before) && isDone(pair.after)).length;
  const done = pairs.filter((pair) => isDone(pair.before)).length;
  const cost = (surprise: number) => costOf(place, LOG_UNIT * surprise);
  const changes = pairs.map((pair) => ({ sum: cost(pair.after) - cost(pair.before), size: 1 }));
  const interval = ratioInterval(changes, 2 * LEVEL - 1);
  return {
    place,
    baseline: { done, of: pairs.length },
    candidate: { done: done - lost + won, of: pairs.length },
    p: exactMcNemar({ lost, won }),
    nats: {
      mean: round(changes.reduce((sum, change) => sum + change.sum, 0) / changes.length),
      lower: interval === null ? null : round(interval.lower),
    },
    isLeftOut: done < LEAST_DONE * pairs.length,
    missing: null,
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
