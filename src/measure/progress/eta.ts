export interface WorkPart {
  /** In any unit. */
  readonly cost: number;
  /** Parts of the same kind take about the same time. */
  readonly kind: string;
}

/**
 * Estimates how long the rest of some work will take: a part of a known kind takes the mean time of that kind, any
 * other the time of its cost at the rate so far, and the share of free parts stays the same. Late measurements weigh
 * more than early ones: machines change their speed, and after an interrupted run the known results come first.
 * @param now clock in milliseconds
 */
export function estimateEta<Key>(parts: ReadonlyMap<Key, WorkPart>, now = () => performance.now()) {
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
    /** A part is done. A free one, whose result was known, reveals nothing about the speed. */
    finish: (key: Key, wasFree: boolean): void => {
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
    /** Seconds left; null until a part was computed. */
    seconds: (): number | null => {
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

/** The remaining parts of a kind, and the time of one in milliseconds. */
interface Kind {
  count: number;
  cost: number;
  readonly time: ReturnType<typeof recentMean>;
}

/** Weight of a measurement relative to the next. One part reveals less about the share of free parts than the speed. */
const FADING = { time: 0.9, share: 0.95 } as const;

function recentMean(fading: number) {
  let sum = 0;
  let weight = 0;
  return {
    add: (value: number): void => {
      sum = fading * sum + value;
      weight = fading * weight + 1;
    },
    value: (): number | null => (weight > 0 ? sum / weight : null),
  };
}
