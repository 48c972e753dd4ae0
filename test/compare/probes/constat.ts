import { readFileSync } from 'node:fs';
import { aboveChance, logOdds } from '../../../src/statistics/log-odds.ts';
import { fixture } from '../../fixtures.ts';

/**
 * Public results of models that were contaminated on purpose, and of ordinary chat tunes
 * (test/fixtures/make_constat.py).
 */
export interface ConStatRow {
  readonly group: 'contaminated' | 'tune' | 'further tune';
  readonly set: 'arc' | 'gsm8k' | 'hellaswag' | 'mmlu';
  readonly model: string;
  readonly chance: number;
  /** Accuracies of the base and of the model; null where there are none. */
  readonly accuracies: (form: ConStatForm) => { readonly before: number; readonly after: number } | null;
  /** Change in accuracy. */
  readonly points: (form: ConStatForm) => number;
  /** Change in chance-corrected log-odds. */
  readonly logOdds: (form: ConStatForm) => number;
}
export type ConStatForm = 'benchmark' | 'format' | 'fresh' | 'group' | 'sister';

/** Guessing on the sister benchmarks: SciQ, MathQA with five options, LAMBADA. */
const SISTER_CHANCE = { arc: 0.25, gsm8k: 0.2, hellaswag: 0, mmlu: Number.NaN };

export function constatRows(): ConStatRow[] {
  const [head = '', ...lines] = readFileSync(fixture('constat/results.csv'), 'utf8').trim().split('\n');
  const names = head.split(',');
  return lines.map((line): ConStatRow => {
    const cells = new Map(line.split(',').map((cell, i) => [names[i], cell]));
    const text = (name: string) => cells.get(name) ?? '';
    const chance = Number(text('chance'));
    const set = text('set') as ConStatRow['set'];
    const accuracies = (form: ConStatForm) => {
      const [before, after] = [text(`${form}_before`), text(`${form}_after`)];
      return before === '' ? null : { before: Number(before), after: Number(after) };
    };
    const change = (form: ConStatForm, scale: (accuracy: number) => number) => {
      const both = accuracies(form);
      return both ? scale(both.after) - scale(both.before) : Number.NaN;
    };
    return {
      group: text('group') as ConStatRow['group'],
      set,
      model: text('model'),
      chance,
      accuracies,
      points: (form) => change(form, (accuracy) => accuracy),
      logOdds: (form) => {
        const guess = form === 'sister' ? SISTER_CHANCE[set] : chance;
        const items = Number(text(`n_${form}`) || '1000');
        return change(form, (accuracy) => logOdds(aboveChance(accuracy, guess), items));
      },
    };
  });
}
