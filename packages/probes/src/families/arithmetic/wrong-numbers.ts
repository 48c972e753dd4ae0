import type { Question } from '../../item.ts';
import type { Random } from '../../random.ts';
import { textQuestion } from '../choice.ts';

/**
 * A number among three wrong ones: another result (of stopping early, a wrong operation or counting twice), and a slip
 * of one or two from both. Results and slips are above as often as below, so each of the four is right equally often,
 * whatever their order. No choice is a `given` number of the question. Undefined if there is no such result.
 */
export function numberQuestion(
  random: Random,
  answer: number,
  { mistakes, given }: { readonly mistakes: readonly number[]; readonly given: readonly number[] },
): Question | undefined {
  const length = String(answer).length;
  const fits = (n: number) =>
    Number.isInteger(n) && n >= 0 && !given.includes(n) && (answer < 20 || String(n).length === length);
  const candidates = [...random.shuffle(mistakes), ...random.shuffle(distances(answer).map((n) => answer + n))];
  const size = random.int(1, 2);
  const variants = [-size, size].flatMap((slip) =>
    [true, false].map((isAbove) => {
      const other = candidates.find(
        (n) => n > answer === isAbove && Math.abs(n - answer) > size && fits(n) && fits(n + slip),
      );
      return other === undefined || !fits(answer + slip) ? [] : [answer, answer + slip, other, other + slip];
    }),
  );
  // All or none: near the end of a range, only the variants on one side would be left.
  if (!fits(answer) || variants.some(({ length: found }) => found === 0)) return undefined;
  const choices = random.shuffle(random.pick(variants)).map(String);
  return textQuestion(choices, choices.indexOf(String(answer)));
}

/** Distances of results that are wrong by a few, by tens, or by hundreds. */
function distances(answer: number): number[] {
  const sizes = answer < 20 ? [3, 4, 5] : answer < 100 ? [10, 20] : [10, 20, 100];
  return sizes.flatMap((size) => [-size, size]);
}
