import { describe, expect, it } from 'vitest';
import { evaluateCondition, evaluateNumber, parseExpression } from '../../src/arithmetic/expression.ts';
import { formatRational, parseDecimal, wholeRational } from '../../src/arithmetic/rational.ts';

const VALUES = { ofName: (name: string) => wholeRational({ a: 7, b: 2, zero: 0 }[name] ?? 0) };
const calculate = (text: string) => formatRational(evaluateNumber(parseExpression(text), VALUES));
const isTrue = (text: string) => evaluateCondition(parseExpression(text), VALUES);

describe('a formula', () => {
  it.each([
    ['0.1 + 0.2', '0.3'],
    ['a / b', '3.5'],
    ['1 / 3 + 1 / 6', '0.5'],
    ['2 / 3', '2/3'],
    ['-a % b', '1'],
    ['a - b - 1', '4'],
    ['a - (b - 1)', '6'],
    ['2 + 3 * 4 / 6', '4'],
    ['round(a / b)', '4'],
    ['round(-a / b)', '-3'],
    ['min(a, b, 3) + max(a, b) + abs(b - a)', '14'],
    ['99999999999999999999 * 3', '299999999999999999997'],
    ['.5 + 12.50', '13'],
  ])('%s is %s, exactly', (text, value) => {
    expect(calculate(text)).toBe(value);
  });

  it('compares and combines', () => {
    expect(isTrue('a > b && !(a == b)')).toBe(true);
    expect(isTrue('a < b || 0.1 + 0.2 != 0.3')).toBe(false);
    expect(isTrue('a % b == 1 && a >= 7 && b <= 2')).toBe(true);
  });

  it.each([
    'a / zero',
    'a % (b - 2)',
    'a +',
    '',
    '1e5',
    'a b',
    '[a]',
    'a ? b : 1',
    '"a"',
    'a = 1',
    'a.b',
    'a[0]',
    'f(a)',
    'a & b',
    '~a',
    'abs(a, b)',
    'min(a)',
  ])('%s is refused with a reason', (text) => {
    expect(() => calculate(text)).toThrow(/^(is|has|calls|divides) /);
  });

  it('reads decimal numbers only', () => {
    expect(['12', '.5', '0.25', '', '.', '1.', '1e3', '-1', ' 1'].map((text) => parseDecimal(text) !== null)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
