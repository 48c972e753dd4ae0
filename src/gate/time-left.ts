/** Seconds that the rest of some work will take, from what of it is done. */
export interface TimeLeft {
  /** A part is done; one that cost nothing says nothing of the speed. */
  readonly finish: (part: number, wasFree: boolean) => void;
  /** Null till there is something to go by. */
  readonly seconds: () => number | null;
}

/**
 * @param costs of the parts, in any unit; the estimate is as true as these are to one another
 * @param now in milliseconds
 */
export function timeLeft(costs: readonly number[], now: () => number = () => performance.now()): TimeLeft {
  let left = costs.reduce((sum, cost) => sum + cost, 0);
  let done = 0;
  let milliseconds = 0;
  let last = now();
  return {
    finish: (part, wasFree) => {
      const cost = costs[part] ?? 0;
      const moment = now();
      left -= cost;
      if (!wasFree) {
        done += cost;
        milliseconds += moment - last;
      }
      last = moment;
    },
    seconds: () => (done > 0 ? (left * milliseconds) / done / 1000 : null),
  };
}
