import { at } from '@shadow-gate/platform';
import { answerKind, type ProbeItem, type Question, type TwinKind } from '../item.ts';
import { shows } from './choice-texts.ts';

/**
 * The kind of a twin that does not name it. In doubt it is `format`, the kind that may decide the least:
 * - a label is answered: `format`, since new content cannot be told from other words for the same;
 * - the prompt is that of the benchmark form: `format`, since who memorized the one answers the other;
 * - the benchmark form does not know the right text: `fresh`;
 * - the prompt lists the other choices, or the same number is generated again: `format`;
 * - else `open`.
 */
export function inferKind(twin: ProbeItem, benchmark: ProbeItem): Exclude<TwinKind, 'group'> {
  if (answerKind(twin) === 'label' || hasSamePrompt(twin, benchmark)) return 'format';
  const right = rightText(twin.question);
  if (!knows(benchmark, right)) return 'fresh';
  if (twin.question.kind === 'exact') return isComputed(benchmark, right) ? 'format' : 'open';
  const others = twin.question.choices.filter((choice) => choice !== right);
  const shown = others.filter((choice) => shows(twin.prompt, choice)).length;
  // A question may name a choice, such as one of its numbers; a list has them all.
  return shown * 2 > others.length ? 'format' : 'open';
}

function rightText(question: Question): string {
  return question.kind === 'exact' ? question.target : at(question.choices, question.answer);
}

function knows({ prompt, question }: ProbeItem, text: string): boolean {
  const answers = question.kind === 'exact' ? [question.target] : question.choices;
  return answers.some((answer) => shows(answer, text)) || (question.kind === 'choice' && shows(prompt, text));
}

/**
 * Whether the same number is generated in both: another wording of a problem does not contradict a memorized result.
 */
function isComputed({ question }: ProbeItem, target: string): boolean {
  return question.kind === 'exact' && /^[-+]?[\d.,]+$/.test(target);
}

/** Whether both ask with the same words. */
export function hasSamePrompt(twin: ProbeItem, benchmark: ProbeItem): boolean {
  return twin.prompt.trim() === benchmark.prompt.trim();
}
