/** A piece of some work. */
export interface Part {
  /** In any unit. */
  readonly cost: number;
  /** Parts of one kind take about as long. */
  readonly kind: string;
}

/** Seconds that the rest of some work will take, from what of it is done. */
export interface TimeLeft<Key> {
  /** A part is done. A free one, whose result was known, says nothing of the speed. */
  readonly finish: (key: Key, wasFree: boolean) => void;
  /** Null till a part was computed. */
  readonly seconds: () => number | null;
}

/**
 * A part of a kind that was measured will take the mean of that kind; any other what its cost says at the rate so far. As large
 * a share of the rest will be free as of what is done. Late measurements weigh more than early ones: a machine changes its
 * speed, and a run that was cut off has left its results at the beginning.
 * @param now in milliseconds
 */
export function timeLeft<Key>(
  parts: ReadonlyMap<Key, Part>,
  now: () => number = () => performance.now(),
): TimeLeft<Key> {
  const waiting = new Map(parts);
  const kinds = new Map<string, Kind>();
  for (const { kind, cost } of parts.values()) {
    const { count = 0, cost: sum = 0, time = recentMean(FADING.time) } = kinds.get(kind) ?? {};
    kinds.set(kind, { count: count + 1, cost: sum + cost, time });
  }
  const computed = { time: recentMean(FADING.time), cost: recentMean(FADING.time) };
  const free = { time: recentMean(FADING.time), share: recentMean(FADING.share) };
  let last = now();
  return {
    finish: (key, wasFree) => {
      const moment = now();
      const time = moment - last;
      last = moment;
      const part = waiting.get(key);
      const kind = part && kinds.get(part.kind);
      if (!kind) return;
      waiting.delete(key);
      kind.count -= 1;
      kind.cost -= part.cost;
      free.share.add(wasFree ? 1 : 0);
      if (wasFree) {
        free.time.add(time);
        return;
      }
      kind.time.add(time);
      computed.time.add(time);
      computed.cost.add(part.cost);
    },
    seconds: () => {
      const [time, cost] = [computed.time.value(), computed.cost.value()];
      if (time === null || !cost) return null;
      const share = free.share.value() ?? 0;
      let milliseconds = waiting.size * share * (free.time.value() ?? 0);
      for (const kind of kinds.values()) {
        const mean = kind.time.value();
        milliseconds += (1 - share) * (mean === null ? (kind.cost * time) / cost : kind.count * mean);
      }
      return milliseconds / 1000;
    },
  };
}

/** What is left of the parts of a kind, and what one takes in milliseconds. */
interface Kind {
  count: number;
  cost: number;
  readonly time: RecentMean;
}

interface RecentMean {
  readonly add: (value: number) => void;
  /** Null while there is none. */
  readonly value: () => number | null;
}

/** What a measurement weighs beside the one after it: whether a part was free says less than how long one took. */
const FADING = { time: 0.9, share: 0.95 } as const;

function recentMean(fading: number): RecentMean {
  let sum = 0;
  let weight = 0;
  return {
    add: (value) => {
      sum = fading * sum + value;
      weight = fading * weight + 1;
    },
    value: () => (weight > 0 ? sum / weight : null),
  };
}
