import { expect, it } from 'vitest';
import { improvementsOf } from './verdict-of-pair.ts';

const [FIRST, PAIRS, CHUNK] = [1001, 2000, 50];

it.each(Array.from({ length: PAIRS / CHUNK }, (_, i) => FIRST + i * CHUNK))(
  'no loss of information improves the verdict of a candidate, from seed %i on',
  (first) => {
    for (let seed = first; seed < first + CHUNK; seed += 1) {
      expect(improvementsOf(seed)).toEqual([]);
    }
  },
);
