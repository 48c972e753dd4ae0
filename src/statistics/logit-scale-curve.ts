import { at } from '@shadow-gate/platform';

/** Numbers that are known at some factors of all logits, and are smooth in between. */
export class ScaleCurve {
  readonly #logs: readonly number[];

  /** @param factors different from each other, ascending */
  constructor(factors: readonly number[]) {
    this.#logs = factors.map(Math.log);
  }

  /** Weight of the number at each factor in the number at this one: the polynomial in log factor (Lagrange). */
  weightsAt(factor: number): number[] {
    const x = Math.log(factor);
    return this.#logs.map((own, i) =>
      this.#logs.reduce((weight, other, j) => (i === j ? weight : (weight * (x - other)) / (own - other)), 1),
    );
  }

  /** The factor within those that are known at which the polynomial through these values is largest, to 1%. */
  bestFactor(values: readonly number[]): number {
    const [lowest, highest] = [at(this.#logs, 0), at(this.#logs, this.#logs.length - 1)];
    let [best, most] = [1, Number.NEGATIVE_INFINITY];
    const steps = Math.round((highest - lowest) / STEP);
    for (let i = 0; i <= steps; i += 1) {
      const factor = Math.exp(lowest + ((highest - lowest) * i) / steps);
      const value = this.valueAt(values, factor);
      if (value > most) [best, most] = [factor, value];
    }
    return best;
  }

  valueAt(values: readonly number[], factor: number): number {
    return this.weightsAt(factor).reduce((sum, weight, i) => sum + weight * at(values, i), 0);
  }
}

const STEP = 0.01;
