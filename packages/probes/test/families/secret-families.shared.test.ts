import { at } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import type { Phrasing } from '../../src/families/family.ts';
import { SECRET_FAMILIES } from '../../src/families/index.ts';
import { NUMBER_WORDS } from '../../src/families/secret/languages/number-words.ts';
import { answerOf, choicesOf, drawPairs, levelsOf } from './draws.ts';

/**
 * Each answer is computed again from the text of the question, in another way: dates by `Date`, names of days and
 * months by `Intl`, programs by JavaScript, numbers from their words.
 */

const numbersIn = (text: string): number[] => (text.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh'];

function numberAnswer(text: string): string {
  const found = numbersIn(text);
  const last = at(found, found.length - 1);
  const [first = 0] = found;
  const place = /(ones|tens|hundreds|thousands) digit/.exec(text)?.[1];
  if (place !== undefined)
    return at([...String(first)].toReversed(), ['ones', 'tens', 'hundreds', 'thousands'].indexOf(place));
  if (text.includes('nearest')) {
    const digits = text.includes('nearest ten') ? 1 : 2;
    return String(Number((first / 10 ** digits).toFixed(0)) * 10 ** digits);
  }
  if (text.includes('can be divided')) {
    const own = found.slice(0, 4).filter((number) => number / last === Math.trunc(number / last));
    expect(own, text).toHaveLength(1);
    return String(own[0]);
  }
  if (text.includes('remainder')) return String(first - last * Math.trunc(first / last));
  if (text.includes('sum of the digits')) return printedBy(`print(${[...String(first)].join(' + ')})`);
  const [low = 0, high = 0] = found.slice(-2);
  return String(found.slice(0, 4).find((number) => number > low && number < high));
}

const OPPOSITE_OF = /opposite of the word "(\w+)"/;

function wordAnswer(text: string, choices: readonly string[]): string | null {
  if (OPPOSITE_OF.test(text)) return null;
  const spelled = /(?:\w-)+\w/.exec(text)?.[0];
  if (spelled !== undefined) return spelled.replaceAll('-', '');
  const only = (holds: (word: string) => boolean) => {
    expect(choices.filter(holds), text).toHaveLength(1);
    return choices.find(holds) ?? '';
  };
  const [, side, letter = ''] = /(begins|ends) with the letter (\w)/.exec(text) ?? [];
  if (side !== undefined) return only((word) => (side === 'begins' ? word.startsWith(letter) : word.endsWith(letter)));
  const [, ordinal = '', whole = ''] = /the (\w+) letter of the word "(\w+)"/i.exec(text) ?? [];
  if (whole !== '') return whole.charAt(ORDINALS.indexOf(ordinal));
  const together = [...text.matchAll(/"(\w+)"/g)].map(([, word = '']) => word);
  if (together.length === 2) return String(together.join('').length);
  const letters = /has (\d+) letters/.exec(text)?.[1];
  if (letters !== undefined) return only((word) => word.length === Number(letters));
  const place = /(first|second|third|last) in alphabetical/.exec(text)?.[1] ?? '';
  const ordered = choices.toSorted(new Intl.Collator('en').compare);
  return at(ordered, place === 'last' ? 3 : ORDINALS.indexOf(place));
}

const DAY = 86_400_000;

function dateAnswer(text: string): string {
  // 2023 had no February 29.
  const dateOf = (written: string) => Date.parse(`${written.includes(',') ? written : `${written}, 2023`} UTC`);
  const format = (time: number, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', ...options }).format(time);
  const dates = text.match(/(?<!day, )\b(?!After)[A-Z][a-z]+ \d{1,2}(?:, \d{4})?/g) ?? [];
  const [, weekday, days] = /on (\w+day), .* (\d+) days? later/.exec(text) ?? [];
  if (weekday !== undefined) {
    const monday = Date.parse('2024-01-01');
    const start = Array.from({ length: 7 }, (_, i) => monday + i * DAY).find(
      (time) => format(time, { weekday: 'long' }) === weekday,
    );
    return format((start ?? 0) + Number(days) * DAY, { weekday: 'long' });
  }
  const [from = '', to = ''] = dates;
  const side = /right (after|before)/i.exec(text)?.[1];
  if (side !== undefined) {
    const time = dateOf(from) + (side === 'after' ? DAY : -DAY);
    return format(time, { month: 'long', day: 'numeric', year: 'numeric' });
  }
  if (to !== '') return `${Math.abs(dateOf(to) - dateOf(from)) / DAY} days`;
  const [later = 0] = numbersIn(text);
  return format(dateOf(from) + later * DAY, { month: 'long', day: 'numeric' });
}

/** Seconds, meters, liters, grams, square meters, dollars and months. */
const SIZES: Readonly<Record<string, number>> = {
  ...{ seconds: 1, minutes: 60, hours: 3600, days: 86_400, weeks: 604_800, months: 1, years: 12 },
  ...{ millimeters: 1e-3, centimeters: 1e-2, decimeters: 0.1, meters: 1, kilometers: 1e3 },
  ...{ milliliters: 1e-3, centiliters: 1e-2, liters: 1, milligrams: 1e-3, grams: 1, kilograms: 1e3, tonnes: 1e6 },
  ...{ 'square centimeters': 1e-4, 'square meters': 1, hectares: 1e4, cents: 1e-2, dollars: 1 },
};

function expectUnits(text: string, answer: string): void {
  const amounts = [...text.matchAll(/(\d+(?:\.\d+)?) ((?:square )?[a-z]+)/g)];
  expect(amounts.length).toBeGreaterThan(0);
  const size = (number: string, unit: string) => Number(number) * (SIZES[unit] ?? Number.NaN);
  const [, number = '', unit = ''] = /^([\d.]+) (.*)$/.exec(answer) ?? [];
  const all = amounts.reduce((sum, [, own = '', of = '']) => sum + size(own, of), 0);
  expect(size(number, unit) / all, `${text} ${answer}`).toBeCloseTo(1, 9);
}

/** These programs, as JavaScript. */
function printedBy(python: string): string {
  const lines = python
    .replaceAll(/(\w+)\[(-\d+)\]/g, '$1.at($2)')
    .replaceAll(/(\w+)\[(\d+):(\d+)\]/g, '$1.slice($2, $3)')
    .replaceAll(/(\d+) \/\/ (\d+)/g, 'Math.floor($1 / $2)')
    .replaceAll(/for (\w+) in (\[.*\]):\n((?: {4}.*\n)+)/g, 'for (const $1 of $2) {\n$3}\n')
    .replaceAll(/if (.*):/g, 'if ($1)')
    .replaceAll(/print\((.*)\)$/gm, 'return $1;')
    .replaceAll(/^(\w+) = (.*)$/gm, 'var $1 = $2;');
  return String(new Function(lines)());
}

const VALUES: Readonly<Record<string, number>> = Object.fromEntries(
  (
    'zéro 0 un 1 deux 2 trois 3 quatre 4 cinq 5 six 6 sept 7 huit 8 neuf 9 dix 10 onze 11 douze 12 treize 13 quatorze 14 ' +
    'quinze 15 seize 16 vingts -20 vingt -20 trente 30 quarante 40 cinquante 50 soixante 60 et 0 null 0 eins 1 ein 1 zwei 2 ' +
    'drei 3 vier 4 fünf 5 sechs 6 sech 6 sieben 7 sieb 7 acht 8 neun 9 zehn 10 elf 11 zwölf 12 zwanzig 20 dreißig 30 vierzig 40 ' +
    'fünfzig 50 sechzig 60 siebzig 70 achtzig 80 neunzig 90 und 0 cero 0 uno 1 ún 1 dos 2 dós 2 tres 3 trés 3 cuatro 4 ' +
    'cinco 5 seis 6 séis 6 siete 7 ocho 8 nueve 9 diez 10 once 11 doce 12 trece 13 catorce 14 quince 15 veinte 20 dieci 10 ' +
    'veinti 20 treinta 30 cuarenta 40 cincuenta 50 sesenta 60 setenta 70 ochenta 80 noventa 90 y 0 cien 100 ciento 100 ' +
    'doscientos 200 trescientos 300 cuatrocientos 400 quinientos 500 seiscientos 600 setecientos 700 ochocientos 800 ' +
    'novecientos 900 cents -100 cent -100 hundert -100 mille -1000 tausend -1000 mil -1000'
  )
    .split(' ')
    .flatMap((word, i, all) => (i % 2 === 0 ? [[word, Number(all[i + 1])]] : [])),
);
const TOKENS = Object.keys(VALUES).sort((a, b) => b.length - a.length);

function valuesIn(word: string): number[] {
  const token = word in VALUES ? word : TOKENS.find((each) => word.startsWith(each));
  if (token === undefined) throw new Error(`no number: ${word}`);
  const rest = word.slice(token.length);
  return [VALUES[token] ?? Number.NaN, ...(rest === '' ? [] : valuesIn(rest))];
}

/** The number that words say: small ones are added up, and a hundred or a thousand multiplies what came before. */
function readNumber(words: string): number {
  let [thousands, current] = [0, 0];
  for (const value of words.split(/[- ]/).flatMap(valuesIn)) {
    if (value === -1000) [thousands, current] = [thousands + 1000 * Math.max(1, current), 0];
    else if (value === -100) current = 100 * Math.max(1, current);
    else if (value === -20) current += current % 100 === 4 ? 76 : 20;
    else current += value;
  }
  return thousands + current;
}

const LOCALES: Readonly<Record<string, string>> = { English: 'en', French: 'fr', German: 'de', Spanish: 'es' };

/** Days and months in a language, from Sunday and from January on. */
function namesIn(language: string): string[] {
  const name = (time: Date, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(LOCALES[language], { timeZone: 'UTC', ...options }).format(time);
  return [
    ...Array.from({ length: 7 }, (_, i) => name(new Date(Date.UTC(2024, 8, i + 1)), { weekday: 'long' })),
    ...Array.from({ length: 12 }, (_, i) => name(new Date(Date.UTC(2024, i, 1)), { month: 'long' })),
  ];
}

/** The answer as another program computes it; null for a list that nothing can compute. */
function languageAnswer(text: string): string | null {
  const [, from, word = '', to] =
    /The (\w+) word "(.+)" is in (\w+)/.exec(text) ?? /the (\w+) word "(.+)" in (\w+)/.exec(text) ?? [];
  if (from !== undefined && to !== undefined) {
    const place = namesIn(from).indexOf(word);
    return place < 0 ? null : at(namesIn(to), place);
  }
  const words = /"(.*)"/.exec(text)?.[1];
  return words === undefined ? null : String(readNumber(words));
}

function check(name: string, form: Phrasing): void {
  const text =
    form.prompt
      .split('\n\n')
      .at(-1)
      ?.replace(/^Question: /, '')
      .replace(/\nAnswer:$/, '') ?? '';
  const [answer, choices] = [answerOf(form), choicesOf(form)];
  expect(new Set(choices).size, text).toBe(4);
  for (const choice of choices) {
    expect(
      choices.filter((other) => other !== choice && other.startsWith(choice)),
      text,
    ).toEqual([]);
  }
  if (name === 'units') expectUnits(text, answer);
  const program = text.replace(/^What does this Python program print\?\n/, '').replace(/\nThe program prints$/, '');
  const computers: Readonly<Record<string, () => string | null>> = {
    numbers: () => numberAnswer(text),
    words: () => wordAnswer(text, choices),
    dates: () => dateAnswer(text),
    code: () => printedBy(program),
    languages: () => languageAnswer(text),
  };
  const computed = computers[name]?.();
  if (typeof computed === 'string') expect(answer, text).toBe(computed);
  const number = /(?:is|number) (\d+) in (?:French|German|Spanish) words/.exec(text)?.[1];
  if (number !== undefined) expect(readNumber(answer), answer).toBe(Number(number));
}

describe.each(SECRET_FAMILIES.map((family) => ({ name: family.name, family })))('$name', ({ name, family }) => {
  it.each(levelsOf(family))('at level %i has the answers that another program computes, among four', (level) => {
    for (const { benchmark, twin } of [1, 2].flatMap((seed) => drawPairs(family, level, 60, seed))) {
      check(name, benchmark);
      check(name, twin);
    }
  });
});

describe('numbers in words', () => {
  it.each(Object.entries(NUMBER_WORDS))('of %s are read as the same number, and are all different', (_, wordsOf) => {
    const all = Array.from({ length: 100_000 }, (_, i) => wordsOf(i));
    for (const [number, words] of all.entries()) if (readNumber(words) !== number) expect(words).toBe(String(number));
    expect(new Set(all).size).toBe(all.length);
  });
});
