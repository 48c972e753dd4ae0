import type { ProbeFamily } from '../family.ts';
import { familyFrom } from '../recipe.ts';
import { type Draw, numberProblem, problemLevel } from './problem.ts';

/** A smaller unit in a larger one. */
interface Pair {
  readonly small: string;
  readonly large: string;
  readonly factor: number;
}

const of = (factor: number, ...pairs: string[]): Pair[] =>
  pairs.map((pair) => {
    const [small = '', large = ''] = pair.split(' in ');
    return { small, large, factor };
  });

/** Lists of as many factors as there are choices: each factor is right equally often. */
const TIME = [
  of(7, 'days in weeks'),
  of(12, 'months in years'),
  of(24, 'hours in days'),
  of(60, 'minutes in hours', 'seconds in minutes'),
];
const METRIC = [
  of(10, 'millimeters in centimeters', 'decimeters in meters', 'milliliters in centiliters'),
  of(100, 'centimeters in meters', 'centiliters in liters', 'cents in dollars'),
  of(
    1000,
    'meters in kilometers',
    'grams in kilograms',
    'milliliters in liters',
    'milligrams in grams',
    'kilograms in tonnes',
  ),
  of(10_000, 'square centimeters in square meters', 'square meters in hectares'),
];

const askAmount = (amount: string, to: string) => ({
  question: `How many ${to} are ${amount}?`,
  cloze: `${amount} are the same as`,
});

/** `amount` of the larger unit in the smaller one, or of the smaller one in the larger one. */
const converted =
  (
    factors: readonly (readonly Pair[])[],
    { digits, decimals, down }: Readonly<Record<'digits' | 'decimals', number>> & { readonly down: boolean },
  ): Draw =>
  (random) => {
    const units = random.pick(factors);
    const { small, large, factor } = random.pick(units);
    const whole = random.int(digits > 2 ? 100 : 2, 10 ** digits - 1);
    if (decimals > 0 && whole % 10 === 0) return undefined;
    const [from, to] = down ? [small, large] : [large, small];
    // Powers of ten move the point, exactly; products of whole numbers have none.
    const value = (other: number) =>
      down
        ? pointed(whole, decimals + Math.log10(other))
        : decimals === 0
          ? String(whole * other)
          : pointed(whole * other, decimals);
    const options = random.shuffle(factors.map(([own]) => own?.factor ?? 1));
    return {
      ...askAmount(`${pointed(whole, decimals)} ${from}`, to),
      options: options.map((other) => `${value(other)} ${to}`),
      asked: options.indexOf(factor),
    };
  };

/** `pointed(125, 2)` is 1.25. */
function pointed(whole: number, decimals: number): string {
  const places = Math.round(decimals);
  if (places === 0) return String(whole);
  const digits = String(whole).padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`.replace(/\.?0+$/, '');
}

/** `2 hours and 15 minutes` in minutes. */
const mixed =
  (least: number, most: number): Draw =>
  (random) => {
    const { small, large, factor } = random.pick(TIME.flat());
    const [many, rest] = [random.int(least, most), random.int(2, factor - 1)];
    const amount = `${many} ${large} and ${rest} ${small}`;
    return numberProblem(random, askAmount(amount, small), {
      answer: many * factor + rest,
      step: random.pick([1, factor]),
      unit: ` ${small}`,
    });
  };

const WORKED = [
  { ...askAmount('40 years', 'decades'), answer: '4 decades' },
  { ...askAmount('3 feet', 'inches'), answer: '36 inches' },
];
const TENS = [
  { ...askAmount('4 decades', 'years'), answer: '40 years' },
  { ...askAmount('7 centuries', 'years'), answer: '700 years' },
  { ...askAmount('12 kilowatts', 'watts'), answer: '12000 watts' },
  { ...askAmount('60 years', 'decades'), answer: '6 decades' },
];
const WITH_REST = [
  { ...askAmount('2 feet and 5 inches', 'inches'), answer: '29 inches' },
  { ...askAmount('2 decades and 3 years', 'years'), answer: '23 years' },
];
const UP = { decimals: 0, down: false } as const;

/** Amounts in other units. */
export const unitConversion: ProbeFamily = familyFrom('units', 'recall', [
  problemLevel('metric units', [converted(METRIC, { ...UP, digits: 2 })], { worked: TENS }),
  problemLevel('metric units of large numbers', [converted(METRIC, { ...UP, digits: 4 })], { worked: TENS }),
  problemLevel('units of time', [converted(TIME, { ...UP, digits: 2 })], { worked: WORKED }),
  problemLevel('decimals', [converted(METRIC, { digits: 4, decimals: 1, down: false })], { worked: TENS }),
  problemLevel('from small to large units', [converted(METRIC, { digits: 4, decimals: 0, down: true })], {
    worked: TENS,
  }),
  problemLevel('two units of time', [mixed(2, 12)], { worked: WITH_REST }),
  problemLevel('two units of time, large numbers', [mixed(13, 400)], { worked: WITH_REST }),
]);
