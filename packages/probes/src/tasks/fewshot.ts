import { equals, type PythonDict, PythonError } from '@shadow-gate/python';
import { PythonRandom } from './python/random.ts';

/** The seed of lm-evaluation-harness for few-shot examples (`--seed` without a value). */
export const FEWSHOT_SEED = 1234;

export interface Sampler {
  /** The examples of the next document. @param asked the document, if it must not be among them */
  readonly sample: (count: number, asked: PythonDict | null) => readonly PythonDict[];
}

/** The first examples, in order. */
export function firstN(pool: readonly PythonDict[]): Sampler {
  return {
    sample: (count, asked) => {
      const examples: PythonDict[] = [];
      for (const other of pool) {
        if (examples.length === count) break;
        if (asked === null || !equals(other, asked)) examples.push(other);
      }
      expectEnough(examples.length, count);
      return examples;
    },
  };
}

/** Examples drawn at random, each time anew from one generator: so they depend on the number of documents before. */
export function seeded(pool: readonly PythonDict[], seed: number): Sampler {
  const random = new PythonRandom(seed);
  return {
    sample: (count, asked) => {
      if (count === 0) return [];
      if (asked === null) {
        expectEnough(pool.length, count);
        return random.sample(pool, count);
      }
      expectEnough(pool.length, count + 1);
      const drawn = without(random.sample(pool, count + 1), asked).slice(0, count);
      if (drawn.length === count) return drawn;
      // The document was there more than once.
      const others = without(pool, asked);
      expectEnough(others.length, count);
      return random.sample(others, count);
    },
  };
}

const without = (pool: readonly PythonDict[], document: PythonDict): PythonDict[] =>
  pool.filter((other) => !equals(other, document));

function expectEnough(available: number, count: number): void {
  if (available < count) throw new PythonError(`${count} few-shot examples are asked for, and there are ${available}`);
}
