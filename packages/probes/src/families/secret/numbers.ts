import { at } from '@shadow-gate/platform';
import type { Random } from '../../random.ts';
import type { ProbeFamily } from '../family.ts';
import { familyFrom } from '../recipe.ts';
import { type Draw, inWords, numberProblem, problemAbout, problemLevel } from './problem.ts';

const DIGITS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const CHOICES = 4;

const askOneThat = (numbers: readonly number[], is: string) => ({
  question: `Which of the numbers ${inWords(numbers)} ${is}?`,
  cloze: `Among the numbers ${inWords(numbers)}, the one that ${is} is`,
});

/** Four numbers from four different tens or hundreds. */
const between =
  (scale: 10 | 100): Draw =>
  (random) => {
    const numbers = random.sample(DIGITS, CHOICES).map((digit) => digit * scale + random.int(1, scale - 1));
    return problemAbout(random, numbers, {
      answer: String,
      ask: (asked, shown) => {
        const low = Math.floor(asked / scale) * scale;
        return askOneThat(shown, `is between ${low} and ${low + scale}`);
      },
    });
  };

const askThe = (what: string) => ({ question: `What is the ${what}?`, cloze: `The ${what} is` });

const PLACES = ['ones', 'tens', 'hundreds', 'thousands'];

const digit: Draw = (random) => {
  const digits = random.sample(DIGITS, PLACES.length);
  const number = digits.toReversed().join('');
  return problemAbout(
    random,
    digits.map((own, i) => ({ own, place: at(PLACES, i) })),
    {
      answer: ({ own }) => String(own),
      ask: ({ place }) => askThe(`${place} digit of ${number}`),
    },
  );
};

const rounded =
  (scale: 10 | 100, least: number, most: number): Draw =>
  (random) => {
    const number = random.int(least, most);
    // Halves are rounded up or to even numbers: nobody is asked.
    if (number % scale === 0 || number % scale === scale / 2) return undefined;
    const to = `rounded to the nearest ${scale === 10 ? 'ten' : 'hundred'}`;
    return numberProblem(random, askThe(`number ${number} ${to}`), {
      answer: Math.round(number / scale) * scale,
      step: scale,
    });
  };

const DIVISORS = [3, 4, 5, 7];

function onlyMultiple(random: Random, divisor: number, most: number): number {
  for (;;) {
    const number = divisor * random.int(2, Math.floor(most / divisor));
    if (DIVISORS.every((other) => other === divisor || number % other !== 0)) return number;
  }
}

/** Each number is a multiple of another one of the four divisors. */
const divisible: Draw = (random) =>
  problemAbout(
    random,
    DIVISORS.map((divisor) => ({ divisor, number: onlyMultiple(random, divisor, 200) })),
    {
      answer: ({ number }) => String(number),
      ask: ({ divisor }, shown) =>
        askOneThat(
          shown.map(({ number }) => number),
          `can be divided by ${divisor}`,
        ),
    },
  );

const remainder: Draw = (random) => {
  const [divisor, number] = [random.int(5, 9), random.int(30, 2000)];
  const remainders = Array.from({ length: divisor }, (_, i) => i).filter((i) => i !== number % divisor);
  const options = random.shuffle([number % divisor, ...random.sample(remainders, CHOICES - 1)]);
  return {
    ...askThe(`remainder of ${number} divided by ${divisor}`),
    options: options.map(String),
    asked: options.indexOf(number % divisor),
  };
};

const digitSum: Draw = (random) => {
  const number = random.int(1000, 999_999);
  const answer = [...String(number)].reduce((sum, own) => sum + Number(own), 0);
  return numberProblem(random, askThe(`sum of the digits of ${number}`), { answer, step: 1 });
};

const NUMBERS = [
  { ...askOneThat([85, 23], 'is between 20 and 30'), answer: '23' },
  { ...askOneThat([64, 91], 'is between 60 and 70'), answer: '64' },
];
const ROUNDED = [
  { ...askThe('number 38 rounded to the nearest ten'), answer: '40' },
  { ...askThe('number 312 rounded to the nearest ten'), answer: '310' },
];
const PLACED = [
  { ...askThe('ones digit of 8217'), answer: '7' },
  { ...askThe('hundreds digit of 3964'), answer: '9' },
];
const DIVIDED = [
  { ...askOneThat([22, 35], 'can be divided by 11'), answer: '22' },
  { ...askOneThat([17, 18], 'can be divided by 9'), answer: '18' },
];
const SUMS = [
  { ...askThe('sum of the digits of 321'), answer: '6' },
  { ...askThe('sum of the digits of 9204'), answer: '15' },
  { ...askThe('remainder of 14 divided by 4'), answer: '2' },
  { ...askThe('remainder of 27 divided by 3'), answer: '0' },
];

/** Place value, rounding and division of numbers that need no further knowledge. */
export const numbers: ProbeFamily = familyFrom('numbers', 'reasoning', [
  problemLevel('rounding to tens', [rounded(10, 51, 999)], { worked: ROUNDED }),
  problemLevel('rounding to tens and hundreds', [rounded(10, 1001, 9999), rounded(100, 1001, 99_999)], {
    worked: ROUNDED,
  }),
  problemLevel('numbers of one ten', [between(10)], { worked: NUMBERS }),
  problemLevel('numbers of one hundred', [between(100)], { worked: NUMBERS }),
  problemLevel('a digit of four', [digit], { worked: PLACED }),
  problemLevel('divisors', [divisible], { worked: DIVIDED }),
  problemLevel('sums of digits, and remainders', [digitSum, remainder], { worked: SUMS }),
]);
