import { at, UserError } from '@shadow-gate/platform';
import { Random } from '../../random.ts';
import { fieldPlace, type ProbeRecord, quote } from './records.ts';
import { parseCell } from './values.ts';

/**
 * TruthfulQA (Lin et al. 2022, https://arxiv.org/abs/2109.07958) with one right answer: `mc1_targets`, or the best
 * answer among the incorrect ones. All its files have the right one first, so choices are mixed, by the question alone:
 * they have the same letters for every seed.
 */
const ORDER_SEED = 0;

const HINT = 'give {"choices": [text, …], "labels": [1, 0, …]} with one 1';

/** `mc1_targets`: choices with labels of 0 and 1, or as the authors publish it, `{text: 0 or 1}`. */
export function withTargets(record: ProbeRecord, { fields }: ProbeRecord): ProbeRecord {
  const { mc1_targets: targets } = fields;
  const named = { ...record, names: { ...record.names, choices: 'mc1_targets', answer: 'mc1_targets' } };
  const place = fieldPlace(named, 'choices');
  const value = typeof targets === 'string' ? parseCell(targets) : targets;
  if (typeof value !== 'object' || value === null) throw new UserError(`${place}: ${quote(targets)}`, HINT);
  const [choices, labels] = splitTargets(value, place);
  const right = labels.flatMap((label, i) => (Number(label) === 1 ? [i] : []));
  const others = labels.filter((label) => Number(label) === 0);
  const [answer] = right;
  if (answer === undefined || right.length + others.length < choices.length || right.length > 1) {
    throw new UserError(`${place}: labels ${quote(labels)}, but one has to be 1 and the others 0`, HINT);
  }
  return mixed(named, choices, answer);
}

function splitTargets(targets: object, place: string): [choices: readonly unknown[], labels: readonly unknown[]] {
  if (!('choices' in targets) || !Array.isArray(targets.choices)) return [Object.keys(targets), Object.values(targets)];
  if (!('labels' in targets) || !Array.isArray(targets.labels) || targets.labels.length !== targets.choices.length) {
    throw new UserError(`${place}: not one label for each choice`, HINT);
  }
  return [targets.choices, targets.labels];
}

/** @throws UserError always: of several right answers no letter is the right one */
export function refuseSeveralTargets({ where }: ProbeRecord): never {
  throw new UserError(`${where}: mc2_targets have several right answers`, 'use a file with mc1_targets');
}

/** In the CSV of the authors, semicolons separate the incorrect answers. */
export function withIncorrectAnswers(record: ProbeRecord, { fields }: ProbeRecord): ProbeRecord {
  const { answer: best } = record.fields;
  const name = Object.hasOwn(fields, 'incorrect_answers') ? 'incorrect_answers' : 'Incorrect Answers';
  const named = { ...record, names: { ...record.names, choices: name } };
  const incorrect = fields[name];
  const parsed = typeof incorrect === 'string' ? parseCell(incorrect) : incorrect;
  const others = Array.isArray(parsed)
    ? parsed
    : String(incorrect ?? '')
        .split(';')
        .map((text) => text.trim());
  return mixed(named, [best, ...others.filter((text) => text !== '')], 0);
}

function mixed(record: ProbeRecord, choices: readonly unknown[], answer: number): ProbeRecord {
  const random = new Random(ORDER_SEED, `order of ${String(record.fields.question)}`);
  const order = random.shuffle(choices.map((_, i) => i));
  const fields = { ...record.fields, choices: order.map((i) => at(choices, i)), answer: order.indexOf(answer) };
  return { ...record, fields };
}
