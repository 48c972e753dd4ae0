const BYTES = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;
const COUNTS = ['', ' thousand', ' million', ' billion', ' trillion'] as const;

/** `269 MB`, `32.1 GB`: decimal, as disks and runners are sold. */
export function formatBytes(bytes: number): string {
  const [number, unit] = scaled(bytes, BYTES);
  return `${number} ${unit}`;
}

/** `135 million`. */
export function formatParameters(count: number): string {
  return scaled(count, COUNTS).join('');
}

/** Three digits at most. */
function scaled(value: number, units: readonly string[]): [string, string] {
  let power = 0;
  let rest = value;
  while (rest >= 999.5 && power < units.length - 1) {
    rest /= 1000;
    power += 1;
  }
  const digits = power === 0 || rest >= 99.95 ? 0 : 1;
  return [rest.toFixed(digits), units[power] ?? ''];
}

const MINUTE = 60;
const HOUR = 3600;

/** A time that may be off by a factor of two: `about 40 s`, `about 7 min`, `about 3 h`. */
export function formatRoughTime(seconds: number): string {
  if (seconds < 2 * MINUTE) return `about ${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 2 * HOUR) return `about ${Math.round(seconds / MINUTE)} min`;
  return `about ${Math.round(seconds / HOUR)} h`;
}
