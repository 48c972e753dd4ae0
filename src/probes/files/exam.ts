import type { Question } from '../item.ts';
import type { ChoiceRecord } from './choice-record.ts';
import { letterOf } from './labels.ts';
import type { Wording } from './wording.ts';

/** The form of the MMLU leaderboards: lettered choices, and the letter is scored. */
export function exam({ question, choices, answer }: Pick<ChoiceRecord, 'question' | 'choices' | 'answer'>): Wording {
  const lines = choices.map((choice, index) => `${letterOf(index)}. ${choice}`);
  return {
    prompt: [`Question: ${question}`, ...lines, 'Answer:'].join('\n'),
    question: labelled(
      choices.map((_, index) => letterOf(index)),
      answer,
    ),
  };
}

/** Labels are short and alike: their likelihoods need no correction for length. */
export function labelled(labels: readonly string[], answer: number): Question {
  return { kind: 'choice', choices: labels, answer, scoring: 'raw' };
}
