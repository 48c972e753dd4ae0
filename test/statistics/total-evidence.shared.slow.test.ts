import { balancedBlocks, Random } from '@shadow-gate/probes/random';
import { expect, it } from 'vitest';
import { logEvidence, type Prior } from '../../src/statistics/total-evidence.ts';

const ALPHA = 0.05;
const POPULATIONS = 1000;

/** As the built-in suite is: six families of sixty facts with two templates each. */
const FACTS = Array.from({ length: 360 }, (_, i) => {
  const family = Math.floor(i / 60);
  return { fact: `${i}`, capability: `${family >> 1}`, family: `${family}`, cluster: `${family} ${i % 2}` };
});

/** How often evidence ever reaches 1/α that the sum is above what it is. */
function errorRate(losses: number, { within, prior }: { readonly within: number; readonly prior: Prior }): number {
  let errors = 0;
  for (let seed = 1; seed <= POPULATIONS; seed += 1) {
    const random = new Random(seed, 'population');
    const numbers: number[] = Array(FACTS.length).fill(0);
    const order = random.shuffle(FACTS.map((_, i) => i).slice(0, within));
    // Some changes both ways in addition to the losses.
    const both = random.int(0, 8);
    for (const [place, i] of order.slice(0, losses + 2 * both).entries())
      numbers[i] = place >= losses && place % 2 === losses % 2 ? 1 : -1;
    const total = numbers.reduce((sum, x) => sum + x, 0);
    const blocks = balancedBlocks(FACTS, seed).map((facts) => facts.map(([form]) => numbers[Number(form?.fact)] ?? 0));
    const isWrong = blocks.slice(0, -1).some((_, k) => {
      const seen = { size: FACTS.length, blocks: blocks.slice(0, k + 1), lowest: -1, highest: 1 };
      return logEvidence(seen, total, { aims: seen.blocks.map(() => total), prior }) >= Math.log(1 / ALPHA);
    });
    errors += Number(isWrong);
  }
  return errors / POPULATIONS;
}

it.each([
  ['quiet', 8, 360],
  ['quiet', 8, 60],
  ['quiet', 20, 360],
  ['loud', 20, 60],
] as const)(
  '%s bets, %i losses among the first %i facts: wrong at any time with probability α at most',
  (prior, losses, within) => {
    const rate = errorRate(losses, { within, prior });
    // Three standard errors.
    expect(rate).toBeLessThan(ALPHA + 3 * Math.sqrt((ALPHA * (1 - ALPHA)) / POPULATIONS));
  },
);
