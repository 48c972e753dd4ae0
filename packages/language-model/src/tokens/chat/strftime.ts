import { at } from '@shadow-gate/platform';
import { NotRead } from '@shadow-gate/python/jinja';

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Python's `strftime` of a date's UTC fields, in the C locale. @throws NotRead for formats that prompts do not use */
export function strftime(format: string, date: Date): string {
  const fields = fieldsOf(date);
  return format.replace(/%([-]?)([\s\S]?)/g, (part, unpadded: string, letter: string) => {
    const text = fields[letter];
    if (text === undefined) throw new NotRead(`strftime_now does not support ${part}`);
    return unpadded && /^\d+$/.test(text) ? String(Number(text)) : text;
  });
}

function fieldsOf(date: Date): Readonly<Record<string, string>> {
  const two = (value: number) => String(value).padStart(2, '0');
  const month = at(MONTHS, date.getUTCMonth());
  const weekday = date.getUTCDay();
  const day = at(DAYS, weekday);
  const year = date.getUTCFullYear();
  const hour = date.getUTCHours();
  const startOfYear = Date.UTC(year, 0, 1);
  const dayOfYear = Math.floor((date.getTime() - startOfYear) / 86_400_000) + 1;
  const fields = {
    Y: String(year),
    y: two(year % 100),
    m: two(date.getUTCMonth() + 1),
    d: two(date.getUTCDate()),
    e: String(date.getUTCDate()).padStart(2),
    j: String(dayOfYear).padStart(3, '0'),
    B: month,
    b: month.slice(0, 3),
    A: day,
    a: day.slice(0, 3),
    w: String(weekday),
    u: String(weekday === 0 ? 7 : weekday),
    H: two(hour),
    I: two(hour % 12 || 12),
    p: hour < 12 ? 'AM' : 'PM',
    M: two(date.getUTCMinutes()),
    S: two(date.getUTCSeconds()),
    // A time without a zone has neither.
    Z: '',
    z: '',
    '%': '%',
  };
  return {
    ...fields,
    F: `${fields.Y}-${fields.m}-${fields.d}`,
    T: `${fields.H}:${fields.M}:${fields.S}`,
    D: `${fields.m}/${fields.d}/${fields.y}`,
    R: `${fields.H}:${fields.M}`,
  };
}

/** This machine's clock time, as UTC fields: transformers shows the local time. */
export function localTime(time: Date): Date {
  return new Date(
    Date.UTC(
      time.getFullYear(),
      time.getMonth(),
      time.getDate(),
      time.getHours(),
      time.getMinutes(),
      time.getSeconds(),
    ),
  );
}
