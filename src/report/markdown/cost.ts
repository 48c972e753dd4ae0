import { plainText } from '../escape.ts';
import { formatDuration } from '../text/numbers.ts';

/** What a run cost: its time until the report, and what it ran on. */
export interface Cost {
  readonly seconds: number;
  readonly machine: string;
}

export function costLine({ seconds, machine }: Cost): string {
  return `<sub>This check took ${formatDuration(seconds)} on ${plainText(machine)}.</sub>`;
}
