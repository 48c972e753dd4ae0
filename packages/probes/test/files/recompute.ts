/**
 * A second, independent reading of solutions in GSM8K's format: it shares no code with what derives twins. Numbers are
 * pairs of BigInt, formulas are read by shunting-yard (Dijkstra 1961).
 */
type Fraction = readonly [over: bigint, under: bigint];

const PRECEDENCE: Readonly<Record<string, number>> = { '+': 1, '-': 1, '*': 2, '/': 2 };

function toFraction(text: string): Fraction {
  const [whole = '', decimals = ''] = text.replaceAll(',', '').split('.');
  return reduce(BigInt(`${whole || '0'}${decimals}`), 10n ** BigInt(decimals.length));
}

function reduce(over: bigint, under: bigint): Fraction {
  if (under === 0n) throw new Error('division by zero');
  let [a, b] = [over < 0n ? -over : over, under < 0n ? -under : under];
  while (b !== 0n) [a, b] = [b, a % b];
  const sign = under < 0n ? -1n : 1n;
  return [(sign * over) / a || 0n, (sign * under) / a];
}

const same = (a: Fraction, b: Fraction): boolean => a[0] * b[1] === b[0] * a[1];

/** Numbers, operators and parentheses of a formula. */
function tokensOf(formula: string): string[] {
  const tokens = formula.replaceAll('$', '').match(/\d+(?:,\d{3})*(?:\.\d+)?|\.\d+|[-+*/()]/g) ?? [];
  if (tokens.join('') !== formula.replace(/[$\s]/g, '')) throw new Error(`not a formula: ${formula}`);
  return tokens;
}

const isNumber = (token: string) => /\d/.test(token);

function evaluate(tokens: readonly string[]): Fraction {
  const values: Fraction[] = [];
  const operators: string[] = [];
  const apply = () => {
    const operator = operators.pop();
    const [b, a] = [values.pop(), values.pop()];
    if (!a || !b) throw new Error('an operator without operands');
    if (operator === '+') values.push(reduce(a[0] * b[1] + b[0] * a[1], a[1] * b[1]));
    else if (operator === '-') values.push(reduce(a[0] * b[1] - b[0] * a[1], a[1] * b[1]));
    else if (operator === '*') values.push(reduce(a[0] * b[0], a[1] * b[1]));
    else values.push(reduce(a[0] * b[1], a[1] * b[0]));
  };
  for (const token of tokens) {
    if (isNumber(token)) values.push(toFraction(token));
    else if (token === '(') operators.push(token);
    else if (token === ')') {
      while (operators.at(-1) !== '(') apply();
      operators.pop();
    } else {
      while ((PRECEDENCE[operators.at(-1) ?? ''] ?? 0) >= (PRECEDENCE[token] ?? 0)) apply();
      operators.push(token);
    }
  }
  while (operators.length > 0) apply();
  const [value] = values;
  if (!value || values.length !== 1) throw new Error(`no value: ${tokens.join(' ')}`);
  return value;
}

const WORDS =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');
const WORD = `(?:(?:${TENS.join('|')})(?:-(?:${WORDS.slice(1, 10).join('|')}))?|${WORDS.toReversed().join('|')})`;
const ANY = new RegExp(String.raw`\b${WORD}\b|\d+(?:,\d{3})*(?:\.\d+)?|\.\d+`, 'gi');

function fractionOf(text: string): Fraction {
  if (/\d/.test(text)) return toFraction(text);
  const [first = '', second] = text.toLowerCase().split('-');
  const tens = TENS.indexOf(first);
  const value = tens < 0 ? WORDS.indexOf(first) : 20 + 10 * tens + (second ? WORDS.indexOf(second) : 0);
  return [BigInt(value), 1n];
}

interface Change {
  readonly old: Fraction;
  readonly now: Fraction;
}

/** The numbers of two questions in the same places. @throws Error if anything else differs but "a" and "an" */
function pairNumbers(question: string, other: string): Change[] {
  const rest = (text: string) => text.replace(/\ban?( \$?)(?=[\d\p{L}])/giu, 'a$1').replace(ANY, '#');
  if (rest(question) !== rest(other)) throw new Error(`another text:\n${rest(question)}\n${rest(other)}`);
  const [before, after] = [question.match(ANY) ?? [], other.match(ANY) ?? []];
  return before.map((text, i) => ({ old: fractionOf(text), now: fractionOf(after[i] ?? '') }));
}

/**
 * What is wrong with a redrawn problem: nothing if each number of its steps stands where the original has the number of
 * the question, the result or the constant that it comes from, all steps are right, and the last one is the answer.
 */
export function problemsOf(
  original: { readonly question: string; readonly solution: string },
  redrawn: { readonly question: string; readonly steps: readonly string[]; readonly target: string },
): string[] {
  const problems: string[] = [];
  const changes = pairNumbers(original.question, redrawn.question);
  const steps = [...original.solution.matchAll(/<<([^<>=]*)=([^<>]*)>>/g)];
  if (steps.length !== redrawn.steps.length) problems.push('another number of steps');
  const results: Change[] = [];
  const used = new Set<Change>();
  for (const [i, [, left = '', right = '']] of steps.entries()) {
    const [newLeft = '', newRight = ''] = (redrawn.steps[i] ?? '').split('=');
    const [before, after] = [tokensOf(left), tokensOf(newLeft)];
    const shape = (tokens: readonly string[]) => tokens.map((token) => (isNumber(token) ? '#' : token)).join('');
    if (shape(before) !== shape(after)) problems.push(`step ${i + 1} has another shape`);
    for (const [j, token] of before.entries()) {
      if (!isNumber(token)) continue;
      const [old, now] = [toFraction(token), toFraction(after[j] ?? '0')];
      const sources = [...changes, ...results].filter((change) => same(change.old, old));
      for (const source of sources) if (same(source.now, now)) used.add(source);
      // A number with sources has to change with them, all of them; one without is a constant.
      const isRight = sources.length === 0 ? same(old, now) : sources.every((source) => same(source.now, now));
      if (!isRight) problems.push(`step ${i + 1}: ${token} became ${after[j]}`);
    }
    const value = evaluate(after);
    if (!same(value, toFraction(newRight))) problems.push(`step ${i + 1} is wrong: ${redrawn.steps[i]}`);
    const old = toFraction(right.replaceAll('$', ''));
    results.push({ old, now: value });
    if (value[0] <= 0n) problems.push(`step ${i + 1} is not positive`);
    if (old[1] === 1n && value[1] !== 1n) problems.push(`step ${i + 1} is not whole`);
  }
  const last = results.at(-1);
  if (!last || !same(last.now, toFraction(redrawn.target))) problems.push('the answer is not the last result');
  if (last && same(last.now, last.old)) problems.push('the answer is the same');
  for (const change of changes) {
    if (!same(change.old, change.now) && !used.has(change)) problems.push('a number changed that no step uses');
  }
  return problems;
}
