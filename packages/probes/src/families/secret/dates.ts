import { at } from '@shadow-gate/platform';
import type { Random } from '../../random.ts';
import type { ProbeFamily } from '../family.ts';
import { familyFrom } from '../recipe.ts';
import { type Draw, problemAbout, problemLevel } from './problem.ts';

const WEEKDAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** Not a leap year. */
const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const CHOICES = 4;

/** After a month whose length depends on the year. */
const MARCH = 2;

interface Day {
  readonly month: number;
  readonly day: number;
}

const written = ({ month, day }: Day) => `${at(MONTHS, month)} ${day}`;

/** The day so many days later in a year without February 29. @throws RangeError after December 31 */
function daysAfter({ month, day }: Day, days: number): Day {
  const length = at(LENGTHS, month);
  if (day + days <= length) return { month, day: day + days };
  return daysAfter({ month: month + 1, day: 1 }, days - (length - day) - 1);
}

/** A day with at least so many days left in the year. */
function drawDay(random: Random, left: number): Day {
  return daysAfter({ month: 0, day: 1 }, random.int(0, 364 - left));
}

function differentDays(random: Random, least: number, most: number): number[] {
  return random.sample(
    Array.from({ length: most - least + 1 }, (_, i) => least + i),
    CHOICES,
  );
}

const THINGS = 'course fair festival journey meeting race sale show storm strike tour trial'.split(' ');

function askWeekday(thing: string, start: string, days: number) {
  const told = `The ${thing} begins on ${start}, and ends ${days === 1 ? '1 day' : `${days} days`} later`;
  return { question: `${told}. On which weekday does it end?`, cloze: `${told}, on` };
}

const askDate = (days: number, start: string) => ({
  question: `Which date is ${days} days after ${start}?`,
  cloze: `${days} days after ${start} is`,
});

const askNext = (side: string, of: string) => ({
  question: `Which date comes right ${side} ${of}?`,
  cloze: `Right ${side} ${of} comes`,
});

const askDays = (from: string, to: string) => ({
  question: `How many days after ${from} is ${to} of a year without February 29?`,
  cloze: `The number of days from ${from} to ${to} of a year without February 29 is`,
});

/** The weekday some days after a date whose weekday is told. */
const weekdayLater =
  (least: number, most: number): Draw =>
  (random) => {
    const [start, weekday, thing] = [drawDay(random, most), random.int(0, 6), random.pick(THINGS)];
    return problemAbout(random, differentDays(random, least, most), {
      answer: (days) => at(WEEKDAYS, (weekday + days) % 7),
      ask: (days) => askWeekday(thing, `${at(WEEKDAYS, weekday)}, ${written(start)}`, days),
    });
  };

const dateLater =
  (least: number, most: number, crosses: boolean): Draw =>
  (random) => {
    const start = drawDay(random, most);
    const days = differentDays(random, least, most);
    const ends = days.map((each) => daysAfter(start, each));
    if (ends.some(({ month }) => (month !== start.month) !== crosses || (month === MARCH && crosses))) return undefined;
    return problemAbout(random, days, {
      answer: (each) => written(daysAfter(start, each)),
      ask: (each) => askDate(each, written(start)),
    });
  };

const YEARS = { first: 1900, last: 2020 };

/** Every second day, so that both neighbors of most days are choices. The tens are the same, as in the question. */
const nextDay: Draw = (random) => {
  const [month, year, first] = [random.int(0, 11), random.int(YEARS.first, YEARS.last), random.pick([11, 12, 21])];
  const side = random.pick(['after', 'before'] as const);
  return problemAbout(random, [first, first + 2, first + 4, first + 6], {
    answer: (day) => `${written({ month, day })}, ${year}`,
    ask: (day) => askNext(side, `${written({ month, day: side === 'after' ? day - 1 : day + 1 })}, ${year}`),
  });
};

const daysBetween: Draw = (random) => {
  const start = drawDay(random, 90);
  return problemAbout(random, differentDays(random, 20, 90), {
    answer: (days) => `${days} days`,
    ask: (days) => askDays(written(start), written(daysAfter(start, days))),
  });
};

const NEXT = [
  { ...askNext('after', 'May 3, 1987'), answer: 'May 4, 1987' },
  { ...askNext('before', 'June 9, 1950'), answer: 'June 8, 1950' },
];
const WEEKDAY = [
  { ...askWeekday('walk', 'Monday, June 5', 2), answer: 'Wednesday' },
  { ...askWeekday('party', 'Saturday, May 9', 1), answer: 'Sunday' },
];
const DATE = [
  { ...askDate(3, 'May 8'), answer: 'May 11' },
  { ...askDate(4, 'June 29'), answer: 'July 3' },
];
const SPAN = [
  { ...askDays('May 8', 'May 21'), answer: '13 days' },
  { ...askDays('June 29', 'July 9'), answer: '10 days' },
];

/** Days of the calendar: later dates, and their weekdays. */
export const dates: ProbeFamily = familyFrom('dates', 'reasoning', [
  problemLevel('the next day, and the day before', [nextDay], { worked: NEXT }),
  problemLevel('a date in the same month', [dateLater(1, 6, false)], { worked: DATE }),
  problemLevel('a weekday up to four days later', [weekdayLater(1, 4)], { worked: WEEKDAY }),
  problemLevel('a date two weeks later', [dateLater(10, 19, false)], { worked: DATE }),
  problemLevel('a date in the next month', [dateLater(5, 25, true)], { worked: DATE }),
  problemLevel('a weekday weeks later', [weekdayLater(8, 40)], { worked: WEEKDAY }),
  problemLevel('days between two dates', [daysBetween], { worked: SPAN }),
]);
