import { at, given } from '@shadow-gate/platform';
import type { AnswerRule } from '../../answer-rule.ts';
import { escapeRegExp } from '../../escape-regexp.ts';
import { FINAL, finalPart } from '../../exact-answer.ts';
import type { AskedChoice, AskedProblem, ProblemForm, WriteChoice } from '../../forms/question.ts';
import { answerKind, type Wording } from '../../item.ts';
import type { Random } from '../../random.ts';

/**
 * A question as a harness asked it, with few-shot examples and chat marks. A variant replaces the question or the
 * options behind its labels if they are in the prompt word for word.
 */
export function verbatimChoice(asked: Wording, record: AskedChoice): WriteChoice {
  const { question } = asked;
  const isLabeled = answerKind(asked) === 'label';
  return (other) => {
    if (isSame(other, record)) return asked;
    if (question.kind === 'exact' || question.contexts !== undefined) return null;
    // In another order than the document's, nobody knows which choice is which.
    const isKnown = isLabeled
      ? question.answer === record.answer && question.choices.length === record.choices.length
      : hasSameOrder({ choices: question.choices.map((choice) => choice.trim()) }, record);
    if (!isKnown) return null;
    // A prompt without options asks the same in any order.
    if (!isLabeled && !hasSameOrder(other, record)) return null;
    const renamed = replaceOnly(asked.prompt, record.question, other.question);
    if (renamed === null) return null;
    const prompt = hasSameOrder(other, record)
      ? renamed
      : withOptions(renamed, { labels: question.choices, from: record, to: other });
    return prompt === null ? null : { ...asked, prompt, question: { ...question, answer: other.answer } };
  };
}

function isSame(a: AskedChoice, b: AskedChoice): boolean {
  return a.question === b.question && a.answer === b.answer && hasSameOrder(a, b);
}

function hasSameOrder(a: Pick<AskedChoice, 'choices'>, b: Pick<AskedChoice, 'choices'>): boolean {
  return a.choices.length === b.choices.length && a.choices.every((choice, i) => choice === b.choices[i]);
}

/** The prompt with other options behind its labels; null unless it has exactly one list of them. */
function withOptions(
  prompt: string,
  { labels, from, to }: { readonly labels: readonly string[]; readonly from: AskedChoice; readonly to: AskedChoice },
): string | null {
  const start = prompt.lastIndexOf(to.question) + to.question.length;
  const options = labels.map((label, i) => `${beforeOption(label)}${escapeRegExp(at(from.choices, i))}`);
  const [found, another] = prompt.slice(start).matchAll(new RegExp(String.raw`${options.join('')}(?=\s|$)`, 'gu'));
  if (found === undefined || another !== undefined) return null;
  const list = found.slice(1).map((before, i) => `${before}${at(to.choices, i)}`);
  const [end, next] = [start + found.index, start + found.index + found[0].length];
  return `${prompt.slice(0, end)}${list.join('')}${prompt.slice(next)}`;
}

/** The text before an option: white space or a mark, and a label. */
function beforeOption(label: string): string {
  const bare = label.replace(/^[([]|[)\].:]+$/g, '');
  return String.raw`((?:^|[\s,;|])[\s,;|]*[(\[]?${escapeRegExp(bare)} ?[)\].:]*[ \t]+)`;
}

/** Replaces a text that is there once: a second one could still ask the old question, or belong to another. */
function replaceOnly(prompt: string, text: string, other: string): string | null {
  if (text === other) return prompt.includes(text) ? prompt : null;
  const start = text === '' ? -1 : prompt.lastIndexOf(text);
  if (start === -1 || prompt.indexOf(text) !== start) return null;
  return `${prompt.slice(0, start)}${other}${prompt.slice(start + text.length)}`;
}

/** Asks a problem as a harness did: stops, limit and reading of the answer stay. */
export function verbatimProblem(asked: Wording, problem: AskedProblem): ProblemForm {
  const { question } = asked;
  if (question.kind !== 'exact') throw new Error('a question with choices');
  return {
    write(other) {
      if (other.question === problem.question && other.target === problem.target) return asked;
      const prompt = replaceOnly(asked.prompt, problem.question, other.question);
      const rule = question.rule === undefined ? undefined : withTarget(question.rule, problem.target, other.target);
      if (prompt === null || rule === null) return null;
      return { ...asked, prompt, question: { ...question, target: other.target, ...given({ rule }) } };
    },
    restyle: (random) => restyle(asked, problem.question, random),
  };
}

/** The rule with another right answer; null unless the old one is a whole target. */
function withTarget(rule: AnswerRule, old: string, target: string): AnswerRule | null {
  if (old === target) return rule;
  const targets = rule.targets.map((text) => replaceAnswer(text, old, target));
  return targets.some((text) => text === null) ? null : { ...rule, targets: targets.map(String) };
}

function replaceAnswer(text: string, old: string, target: string): string | null {
  if (finalPart(text).replace(/[$,\s]/g, '') !== old.replace(/[$,\s]/g, '')) return null;
  return text.includes(FINAL) ? `${FINAL} ${target}` : target;
}

const HEADINGS = [
  ['Problem', 'Solution'],
  ['Exercise', 'Result'],
  ['Task', 'Final result'],
] as const;

/** The prompt and its stops with other headings before all questions and answers. */
function restyle(asked: Wording, text: string, random: Random): Wording | null {
  const { prompt, question } = asked;
  const start = text === '' ? -1 : prompt.lastIndexOf(text);
  if (start === -1 || question.kind !== 'exact') return null;
  const before = /(?:^|\n)(?<heading>[A-Z]\w*):\s?$/.exec(prompt.slice(0, start))?.groups?.heading;
  const after = /^\s*\n(?<heading>[A-Z]\w*):/.exec(prompt.slice(start + text.length))?.groups?.heading;
  if (before === undefined || after === undefined || before === after) return null;
  const fitting = HEADINGS.filter((pair) => !pair.some((heading) => prompt.includes(`${heading}:`)));
  const [asks, answers] = fitting.length === 0 ? [] : random.pick(fitting);
  if (asks === undefined || answers === undefined) return null;
  const rename = (part: string) =>
    part.replaceAll(new RegExp(String.raw`(?<=^|\n)(${before}|${after})(?=:)`, 'g'), (heading) =>
      heading === before ? asks : answers,
    );
  return {
    ...asked,
    prompt: rename(prompt),
    question: { ...question, ...given({ stop: question.stop?.map(rename) }) },
  };
}
