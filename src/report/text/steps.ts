import { BUILTIN } from '@shadow-gate/probes/suite';
import { groupName } from '../../compare/index.ts';
import type { Report } from '../../compare/report.ts';
import { acceptCommand, remeasureCommand } from './commands.ts';
import { formatPercent } from './numbers.ts';
import { code, listed, name, type Phrase, phrase } from './phrase.ts';

export const NOTHING_TO_DO = phrase`Nothing.`;

export const remeasure = (report: Report): Phrase =>
  phrase`Measure the baseline again and commit the file: ${remeasureCommand(report)}`;

/** A baseline does not judge its own pull request. */
const FIRST = 'in a pull request of its own that is merged first';

export const ifIntended = (report: Report): Phrase =>
  phrase`If the change is intended, make the candidate the baseline, ${FIRST}: ${acceptCommand(report)}`;

export const ifAcceptable = (report: Report): Phrase =>
  phrase`If this loss is the price of an intended change, accept it with a new baseline, ${FIRST}: ${acceptCommand(report)}`;

export function lostSkill(report: Report): Phrase[] {
  const step =
    report.quantization === null
      ? phrase`Retrain with data like the baseline's mixed in, or with a lower learning rate. The answers that changed are in the details.`
      : quantizeLess(report.quantization);
  return [step, ifAcceptable(report)];
}

/** The beginning of a sentence. Only the built-in suite can grow. */
export const moreQuestions = ({ probes }: Report): Phrase =>
  probes?.suites.some(({ name: suite }) => suite === BUILTIN)
    ? phrase`Ask more ${code('facts')} of the built-in suite, add suites under ${code('probes')}`
    : phrase`Add questions, or suites under ${code('probes')}`;

/** Empty if no probes ran. */
export const probesFirst = (sentence: string, { probes }: Report): string => (probes === null ? '' : `${sentence} `);

/** For a quantized copy, which was not trained. */
export function quantizeLess({ modules }: NonNullable<Report['quantization']>): Phrase {
  const named = modules.slice(0, 2).map((row) => phrase`${name(groupName(row))} ${formatPercent(row.error)}`);
  return phrase`Quantize less: keep in 16 bits what lost most (${listed(named)}), take more bits or smaller groups, or calibrate (AWQ, GPTQ) on data like yours.`;
}

export const notCarriedOver = (suite: string): Phrase[] => [
  phrase`Search the training data for the questions of ${name(suite)}, take them out, and train again.`,
  phrase`Until then, do not report the score of this benchmark.`,
];
