import { UserError } from '@shadow-gate/platform';
import { shows } from '../../forms/question.ts';
import { answerKind, type ProbeItem, rightAnswerText, type TwinKind } from '../../item.ts';
import { inOrder, type LocatedItem } from '../fields/item-fields.ts';
import { quote } from '../fields/records.ts';

/**
 * Statistics over pairs would silently drop a form without a benchmark form of its capability and family, and a
 * benchmark form without a twin. @throws UserError with the line of the first item without a partner
 */
export function checkPairs(located: readonly LocatedItem[]): void {
  const byId = new Map(located.map((entry) => [entry.item.id, entry]));
  for (const { item, where } of located) {
    if (item.form !== 'benchmark') checkPartner(item, where, byId.get(item.fact));
  }
  const facts = new Set(located.flatMap(({ item }) => (item.form === 'twin' ? [item.fact] : [])));
  for (const { item, where } of located) {
    if (item.form !== 'benchmark' || facts.has(item.id)) continue;
    throw new UserError(`${where}: ${quote(item.id)} has no twin`, 'add one, or leave the item out');
  }
}

function checkPartner(item: ProbeItem, where: string, partner: LocatedItem | undefined): void {
  const twinOf = `${where}: twin_of: ${quote(item.fact)}`;
  if (!partner) throw new UserError(`${twinOf} is not in the file`, 'add the benchmark form, or correct the id');
  if (partner.item.form !== 'benchmark') {
    const what = partner.item.form === 'twin' ? 'is itself a twin' : `has the form ${partner.item.form}`;
    throw new UserError(`${twinOf} ${what}, at ${partner.where}`, 'give the id of the benchmark form of both');
  }
  for (const key of ['capability', 'family'] as const) {
    if (item[key] === partner.item[key]) continue;
    throw new UserError(
      `${where}: ${key}: ${quote(item[key])}, but its benchmark form at ${partner.where} has ${quote(partner.item[key])}`,
      'give both the same',
    );
  }
  // A model that memorized the exam answers it too: as an open or fresh twin it would confirm every gain.
  if (item.kind !== undefined && item.kind !== 'format' && hasSamePrompt(item, partner.item)) {
    throw new UserError(
      `${where}: kind: ${quote(item.kind)}, but its prompt is that of its benchmark form at ${partner.where}`,
      'ask in another way, or set the form to "benchmark-text" if the prompt is answered by text',
    );
  }
}

/** Infers the kinds of twins that records do not name. */
export function withTwinKinds(items: readonly ProbeItem[]): ProbeItem[] {
  const benchmarks = new Map(items.flatMap((item) => (item.form === 'benchmark' ? [[item.id, item]] : [])));
  return items.map((item) => {
    const benchmark = benchmarks.get(item.fact);
    if (item.form !== 'twin' || item.kind !== undefined || !benchmark) return item;
    return inOrder({ ...item, kind: inferKind(item, benchmark) });
  });
}

/** Each form with the passage of its benchmark form. @throws UserError for a form that names another */
export function withPassagesOfFacts(located: readonly LocatedItem[]): readonly LocatedItem[] {
  const passages = new Map(located.flatMap(({ item }) => (item.form === 'benchmark' ? [[item.id, item.passage]] : [])));
  return located.map(({ where, item }) => {
    const passage = passages.get(item.fact);
    // A missing benchmark form is another mistake.
    if (item.passage === passage || !passages.has(item.fact)) return { where, item };
    if (item.passage === undefined && passage !== undefined) return { where, item: inOrder({ ...item, passage }) };
    throw new UserError(
      `${where}: ${quote(item.passage)} is another passage than that of its benchmark form`,
      'give both the same, or the benchmark form alone',
    );
  });
}

/**
 * The kind of a twin that does not name it. In doubt it is `format`, the kind that may decide the least:
 * - answered by a label: `format`, since new content cannot be told from other words for the same;
 * - the prompt of the benchmark form: `format`, since a model that memorized the one answers the other;
 * - a right answer that the benchmark form does not have: `fresh`;
 * - a prompt that lists the other choices, or the same number to generate: `format`;
 * - else `open`.
 */
function inferKind(twin: ProbeItem, benchmark: ProbeItem): Exclude<TwinKind, 'group'> {
  if (answerKind(twin) === 'label' || hasSamePrompt(twin, benchmark)) return 'format';
  const right = rightAnswerText(twin);
  if (!knows(benchmark, right)) return 'fresh';
  if (twin.question.kind === 'exact') return isComputed(benchmark, right) ? 'format' : 'open';
  const others = twin.question.choices.filter((choice) => choice !== right);
  const shown = others.filter((choice) => shows(twin.prompt, choice)).length;
  // A question may name a choice, such as one of its numbers; a list has them all.
  return shown * 2 > others.length ? 'format' : 'open';
}

function knows({ prompt, question }: ProbeItem, text: string): boolean {
  const answers = question.kind === 'exact' ? [question.target] : question.choices;
  return answers.some((answer) => shows(answer, text)) || (question.kind === 'choice' && shows(prompt, text));
}

/** Whether both generate a number: another wording does not contradict a memorized result. */
function isComputed({ question }: ProbeItem, target: string): boolean {
  return question.kind === 'exact' && /^[-+]?[\d.,]+$/.test(target);
}

function hasSamePrompt(twin: ProbeItem, benchmark: ProbeItem): boolean {
  return twin.prompt.trim() === benchmark.prompt.trim();
}
