/** Why values that were drawn make no question. */
export interface Unusable {
  readonly cause: keyof typeof CAUSES;
  /** Such as `1/3`. */
  readonly example?: string;
}

/** How an error names each cause, and what to do if it is the most frequent one. */
const CAUSES = {
  conditions: ['conditions are not met', 'relax the conditions, or widen the ranges'],
  'no-value': ['a formula divides by zero', 'change the formula, or leave 0 out of what it divides by'],
  'no-decimal': [
    'a number has no finite decimal form',
    'add a condition that the division leaves no rest, or use round',
  ],
  'equal-answers': ['two answers are equal', 'change the wrong answers, or add a condition under which they differ'],
  'asked-before': ['the question was drawn before', 'widen the ranges, relax the conditions, or lower draws'],
  'same-answer': ['the answer is that of the benchmark form', 'widen the ranges, relax the conditions, or lower draws'],
} as const;

/** The cause in words, with an example where there is one. */
export function describeUnusable({ cause, example }: Unusable): string {
  const [what] = CAUSES[cause];
  return example === undefined ? what : `${what}, as ${example}`;
}

/** All causes of draws that failed, with their numbers, the most frequent one first; and what to do about that one. */
export function summarizeUnusable(draws: readonly Unusable[]): { readonly causes: string; readonly hint: string } {
  const counts = new Map<Unusable['cause'], { readonly first: Unusable; count: number }>();
  for (const draw of draws) {
    const known = counts.get(draw.cause);
    if (known) known.count += 1;
    else counts.set(draw.cause, { first: draw, count: 1 });
  }
  const ranked = [...counts.values()].sort((a, b) => b.count - a.count);
  const total = draws.length.toLocaleString('en-US');
  const causes = ranked.map(({ first, count }, i) => {
    const share = i === 0 ? `${count.toLocaleString('en-US')} of ${total} draws` : count.toLocaleString('en-US');
    return `${describeUnusable(first)}, in ${share}`;
  });
  const [most] = ranked;
  return { causes: causes.join('; '), hint: most ? CAUSES[most.first.cause][1] : '' };
}
