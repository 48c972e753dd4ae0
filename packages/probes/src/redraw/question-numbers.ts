import { words } from '@shadow-gate/platform';
import {
  addRationals,
  divideRationals,
  parseDecimal,
  type Rational,
  subtractRationals,
  wholeRational,
} from '../arithmetic/rational.ts';

/** A number that a question gives in digits or as a word. */
export interface QuestionNumber {
  /** Offsets in the question, without a currency sign. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** The number itself, then numbers that a solution writes for it: 0.25 and 0.75 for `25%`. */
  readonly values: readonly Rational[];
  /**
   * Another number changes nothing else (`plain`), may change the meaning (`word`, `percent`, `decimal`), or is wrong
   * (`bound`: a date, a rank, a ratio, a fact about the world).
   */
  readonly kind: 'plain' | 'word' | 'percent' | 'decimal' | 'bound';
}

const UNITS = words(
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen',
  'eighteen nineteen',
);
const TENS = words('twenty thirty forty fifty sixty seventy eighty ninety');

/** `forty-two` for 42; null for a number that is not between 2 and 99. */
export function numberWord(value: number): string | null {
  if (!Number.isInteger(value) || value < 2 || value > 99) return null;
  const unit = UNITS[value % 10];
  if (value < 20) return UNITS[value] ?? null;
  const tens = TENS[Math.floor(value / 10) - 2];
  return value % 10 === 0 ? (tens ?? null) : `${tens}-${unit}`;
}

const WORDS = new Map<string, number>(UNITS.map((word, value) => [word, value]));
for (let value = 20; value < 100; value += 1) {
  const word = numberWord(value);
  if (word !== null) WORDS.set(word, value).set(word.replace('-', ' '), value);
}
const WORD = new RegExp(`\\b(${[...WORDS.keys()].sort((a, b) => b.length - a.length).join('|')})\\b`, 'gi');

const DIGITS = /\d[\d,]*(?:\.\d+)?|\.\d+/g;
const WELL_FORMED = /^(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?$|^\.\d+$/;

/** Letters that may follow digits without a space, as in `300g`. */
const UNIT = /^(g|kg|mg|lbs?|oz|mph|kph|cm|mm|m|km|ft|ml|l|gb|mb|kb|am|pm)\b/i;

/** Words before a number that is a name, not an amount: `Grade 5`, `May 3`, `#7`, `Day 2`. */
const NAMED =
  /(?:[#°]|\b(?:grade|chapter|page|level|room|route|highway|interstate|question|problem|number|no\.|class|section|floor|step|day|week|month|year|phase|round|stage|part|game|match|quarter|box|bus|team|group|station|bowl|jar|bag|january|february|march|april|may|june|july|august|september|october|november|december)) ?$/i;
/** Limits the search. */
const LONGEST_NAME = 20;
/** Text after a number that is a time, a date or a rank. */
const RANKED =
  /^(?:st|nd|rd|th)\b|^ ?(?:[ap]\.?m\b|o['’]clock)|^ (?:january|february|march|april|may|june|july|august|september|october|november|december)\b/i;
/** Numbers of a ratio, a fraction, a time or a range: `7:11`, `3/4`, `2-3`, `4x`. */
const JOINED_BEFORE = /[\w.:/-]$|\d ?[-–] ?$/;
const JOINED_AFTER = /^(?:[:/]\d|[-–]\d| ?[-–] ?\d|\.\d)/;
const YEARS = { first: 1800, last: 2100 };

/** Facts about the world that a question may repeat: the 7 days of a week do not change with its other numbers. */
const WORLD =
  /^(?:7 days|24 hours|60 minutes|60 seconds|12 months|52 weeks|36[56] days|100 cents|12 inches|3 feet|10 years|100 years|30[- ]days?|31[- ]days?|\d+ (?:legs|wheels|tires|sides|eyes|arms|wings|fingers|toes)|[\d,.]+[- ](?:dollar )?(?:bills?|coins?|notes))\b/i;

export function findNumbers(question: string): readonly QuestionNumber[] {
  const inDigits = [...question.matchAll(DIGITS)].map(({ 0: text, index }) => readDigits(question, text, index));
  const inWords = [...question.matchAll(WORD)].map(({ 0: text, index }) => readWord(question, text, index));
  return [...inDigits, ...inWords].sort((a, b) => a.start - b.start);
}

function readDigits(question: string, raw: string, start: number): QuestionNumber {
  // The comma of "3, 4" ends a clause.
  const text = raw.replace(/,+$/, '');
  const end = start + text.length;
  const [before, after] = [question.slice(0, start), question.slice(end)];
  const value = parseDecimal(text.replaceAll(',', ''));
  const place = { start, end, text };
  if (value === null || !WELL_FORMED.test(text)) return { ...place, values: [], kind: 'bound' };
  if (/^ ?%|^ ?percent\b/i.test(after)) {
    return { ...place, values: valuesOfPercent(value), kind: /[\d.,/-]$/.test(before) ? 'bound' : 'percent' };
  }
  const money = /[$€£]$/.test(before);
  const number = Number(text.replaceAll(',', ''));
  const isYear = !money && /^\d{4}$/.test(text) && number >= YEARS.first && number <= YEARS.last;
  const isJoined =
    (JOINED_BEFORE.test(before) && !/\s-$/.test(before)) ||
    JOINED_AFTER.test(after) ||
    (/^[a-z]/i.test(after) && !UNIT.test(after));
  const isBound =
    isYear ||
    isJoined ||
    number < 2 ||
    NAMED.test(before.slice(-LONGEST_NAME)) ||
    RANKED.test(after) ||
    WORLD.test(`${text}${after}`);
  const fraction = /^\/(\d+)/.exec(after)?.[1];
  if (fraction !== undefined) return { ...place, values: valuesOfFraction(number, Number(fraction)), kind: 'bound' };
  if (isBound) return { ...place, values: [value], kind: 'bound' };
  return { ...place, values: [value], kind: text.includes('.') ? 'decimal' : 'plain' };
}

function readWord(question: string, text: string, start: number): QuestionNumber {
  const value = WORDS.get(text.toLowerCase()) ?? 0;
  const end = start + text.length;
  const isJoined =
    /[\w-]$/.test(question.slice(0, start)) ||
    /^(?:-(?:thirds?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|quarters?|hundred)| (?:thirds?|fourths?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|quarters?|hundred|thousand|million|dozen|and a)\b)/i.test(
      question.slice(end),
    );
  const isBound =
    isJoined ||
    value < 2 ||
    NAMED.test(question.slice(0, start).slice(-LONGEST_NAME)) ||
    WORLD.test(`${value}${question.slice(end)}`);
  return { start, end, text, values: [wholeRational(value)], kind: isBound ? 'bound' : 'word' };
}

const ONE = wholeRational(1);
const HUNDRED = wholeRational(100);

/** A part, the rest of the whole, and the whole with the part added. */
function withRest(part: Rational, whole: Rational): Rational[] {
  return [part, subtractRationals(whole, part), addRationals(whole, part)];
}

function valuesOfPercent(value: Rational): Rational[] {
  const share = divideRationals(value, HUNDRED);
  return [...withRest(value, HUNDRED), ...withRest(share, ONE), HUNDRED, ONE, divideRationals(ONE, HUNDRED)];
}

function valuesOfFraction(numerator: number, denominator: number): Rational[] {
  const [over, under] = [wholeRational(numerator), wholeRational(denominator)];
  if (denominator === 0) return [over];
  return [over, under, ...withRest(divideRationals(over, under), ONE), subtractRationals(under, over), ONE];
}

const fraction = (over: number, under: number) => divideRationals(wholeRational(over), wholeRational(under));

type Cue = readonly [RegExp, readonly Rational[]];

/** Words that are numbers, and numbers that a solution may write for them. */
const NUMERAL_CUES: readonly Cue[] = [
  [/\b(hal(f|ves)|midway)\b/i, [wholeRational(2), fraction(1, 2), fraction(3, 2), ONE]],
  [/\bthirds?\b/i, [wholeRational(3), fraction(1, 3), fraction(2, 3), wholeRational(2), ONE]],
  [
    /\b(quarters?|quarterly|fourths?)\b/i,
    [wholeRational(4), fraction(1, 4), fraction(3, 4), wholeRational(3), wholeRational(25), ONE],
  ],
  [/\bfifths?\b/i, [wholeRational(5), ...[1, 2, 3, 4].map((over) => fraction(over, 5)), ONE]],
  [/\bsixths?\b/i, [wholeRational(6), fraction(1, 6), fraction(5, 6), ONE]],
  [/\bsevenths?\b/i, [wholeRational(7), ONE]],
  [/\beighths?\b/i, [wholeRational(8), fraction(1, 8), ONE]],
  [/\btenths?\b/i, [wholeRational(10), fraction(1, 10), ONE]],
  [/\b(twice|doubl\w*|pairs?|couples?|both|twins?|each other|round[- ]trip|there and back)\b/i, [wholeRational(2)]],
  [/\b(thrice|tripl\w*|trio)\b/i, [wholeRational(3)]],
  [/\bquadrupl\w*\b/i, [wholeRational(4)]],
  [/\bdozens?\b/i, [wholeRational(12)]],
  [/\bhundreds?\b/i, [HUNDRED]],
  [/\bthousands?\b/i, [wholeRational(1000)]],
  [/\bmillions?\b/i, [wholeRational(1_000_000)]],
];

/** Things and their well-known numbers. */
const WORLD_CUES: ReadonlyArray<readonly [RegExp, readonly number[]]> = [
  [/\b(weeks?|weekly|days?|daily|every (morning|night|evening))\b/i, [7, 52]],
  [/\bweek(day|end)s?\b|\bwork(ing)? ?(days?|week)\b/i, [5, 2]],
  [/\b(days?|daily|hours?|hourly)\b/i, [24, 365]],
  [/\b(hours?|hourly|minutes?|seconds?|mph)\b/i, [60]],
  [/\b(months?|monthly|weeks?|weekly|days?|daily|june|april|september|november)\b/i, [30, 4]],
  [/\b(months?|monthly|years?|yearly|annual(ly)?)\b/i, [12]],
  [/\b(years?|yearly|weekly|weeks?)\b/i, [52, 365]],
  [/\b(decades?|dimes?)\b/i, [10]],
  [/\b(century|centuries|cents?|percent(age)?)\b/i, [100]],
  [/\bnickels?\b/i, [5]],
  [/\b(foot|feet|inch(es)?|yards?)\b/i, [12, 3, 36]],
  [/\b(pounds?|ounces?|cups?|pints?|quarts?|gallons?)\b/i, [16, 8, 4, 2]],
  [/\b(kilo\w*|k?grams?|k?m|meters?|milli\w*|liters?|kg|ml)\b/i, [1000]],
  [/\b(centi\w*|cm|meters?)\b/i, [100]],
  [/\btons?\b/i, [2000, 1000]],
  [/\b(rectang\w*|squares?|perimeter|sides?|fence)\b/i, [2, 4]],
  [/\b(triang\w*|tricycles?)\b/i, [3]],
  [/\b(bicycles?|bikes?|birds?|chickens?|ducks?|motorcycles?|eyes|hands|ears|legs)\b/i, [2]],
  [/\b(cars?|dogs?|cats?|cows?|horses?|tires?|wheels?|legs)\b/i, [4]],
  [/\b(spiders?|octopus\w*|insects?|ants?|bees?)\b/i, [8, 6]],
  [/\b(fingers|toes)\b/i, [10, 5]],
];

/** Numbers that the words of a question stand for: 2 for "twice". */
export function questionNumerals(question: string): readonly Rational[] {
  return NUMERAL_CUES.flatMap(([pattern, values]) => (pattern.test(question) ? values : []));
}

/** Numbers of common knowledge for the words of a question: 7 for "a week". */
export function questionConstants(question: string): readonly Rational[] {
  return WORLD_CUES.flatMap(([pattern, values]) => (pattern.test(question) ? values.map(wholeRational) : []));
}
