/**
 * Share of all work after which measured time counts as much as the estimate: with less, a first family that takes
 * three times its estimate would treble the rest.
 */
const TRUST = 0.25;

/** Share of all work after which a measurement counts e times less than a new one: machines change their speed. */
const MEMORY = 0.3;

/**
 * Scales an estimate by the time that the work really takes: each kind by its own pace, and a kind that has not begun
 * by the pace of all others.
 * @param expected seconds estimated for each kind of work
 * @param now clock in milliseconds
 */
export function restOfWork(expected: ReadonlyMap<string, number>, now = () => performance.now()) {
  const all = [...expected.values()].reduce((sum, seconds) => sum + seconds, 0);
  const left = new Map(expected);
  const paces = new Map([...expected.keys()].map((kind) => [kind, new Pace(all)]));
  const overall = new Pace(all);
  const begun = new Set<string>();
  let last = now();
  return {
    /** Work was done since the last call. @param seconds as estimated for it */
    advance: (kind: string, seconds: number): void => {
      const moment = now();
      const took = (moment - last) / 1000;
      last = moment;
      begun.add(kind);
      for (const pace of [paces.get(kind), overall]) pace?.add(took, seconds);
      left.set(kind, Math.max(0, (left.get(kind) ?? 0) - seconds));
    },
    secondsLeft: (): number => {
      let sum = 0;
      for (const [kind, seconds] of left)
        sum += seconds * ((begun.has(kind) && paces.get(kind)?.ratio) || overall.ratio);
      return sum;
    },
  };
}

/** Measured time ÷ estimated time. */
class Pace {
  readonly #window: number;
  #took: number;
  #expected: number;

  constructor(all: number) {
    this.#window = Math.max(Number.EPSILON, MEMORY * all);
    this.#took = TRUST * all;
    this.#expected = TRUST * all;
  }

  add(took: number, expected: number): void {
    const fading = Math.exp(-expected / this.#window);
    this.#took = fading * this.#took + took;
    this.#expected = fading * this.#expected + expected;
  }

  get ratio(): number {
    return this.#expected > 0 ? this.#took / this.#expected : 1;
  }
}
