import { at } from '@shadow-gate/platform';
import { randomTokens } from '../random-model.ts';
import { type Answer, type Contestant, type Question, startContestant, type Task } from './contestant.ts';
import type { Timed } from './results.ts';

/** Below every model's vocabulary. */
const VOCABULARY = 40_000;
const NEW_TOKENS = 64;

/** The same tasks for all contestants, of which the first is not counted. */
export interface Work {
  readonly title: string;
  readonly tasks: readonly Task[];
  /** Whether the tasks are parts that follow each other, and not the same again. */
  readonly parts: boolean;
  /** Also by llama.cpp with the state of a prompt kept for its choices. */
  readonly isShared: boolean;
}

/** @param questions are asked in parts of 25 */
export function timedWork(questions: readonly Question[], repeats: number): Work[] {
  const repeated = (make: () => Task) => Array.from({ length: repeats + 1 }, make);
  const score = (some: readonly Question[]): Task => ({ kind: 'score', questions: some });
  const parts = Array.from({ length: Math.ceil(questions.length / 25) }, (_, i) =>
    questions.slice(25 * i, 25 * (i + 1)),
  );
  return [
    ...[32, 128, 512, 2048].map((length) => ({
      title: `prefill of ${length.toLocaleString('en-US')} tokens`,
      tasks: repeated(() => score([{ prompt: randomTokens(length, VOCABULARY), choices: [[7]] }])),
      parts: false,
      isShared: false,
    })),
    {
      title: `${NEW_TOKENS} new tokens after ${NEW_TOKENS}`,
      tasks: repeated(() => ({
        kind: 'generate',
        tokens: randomTokens(NEW_TOKENS, VOCABULARY),
        count: NEW_TOKENS,
      })),
      parts: false,
      isShared: false,
    },
    {
      title: `${questions.reduce((sum, { choices }) => sum + choices.length, 0)} requests: ${questions.length} questions with their choices`,
      tasks: [questions.slice(0, 1), ...parts].map(score),
      parts: true,
      isShared: true,
    },
  ];
}

/** How a process of a contestant is started. */
export interface Start {
  readonly name: string;
  readonly script: string;
  readonly parameters: readonly string[];
}

/** Ask all contestants each task in turn, each in a process of its own. */
export async function timeWork({ tasks }: Work, starts: readonly Start[]): Promise<Timed[]> {
  const contestants: Contestant[] = [];
  for (const { script, parameters } of starts) contestants.push(await startContestant(script, parameters));
  const answers = starts.map((): Answer[] => []);
  for (const [turn, task] of tasks.entries()) {
    for (const [i, contestant] of contestants.entries()) {
      const answer = await contestant.ask(task);
      if (task.kind === 'generate' && answer.tokens?.length !== task.count) {
        throw new Error(`${at(starts, i).name} wrote ${answer.tokens?.length} tokens`);
      }
      if (turn > 0) at(answers, i).push(answer);
    }
  }
  const timed: Timed[] = [];
  for (const [i, contestant] of contestants.entries()) {
    timed.push({
      name: at(starts, i).name,
      seconds: at(answers, i).map(({ seconds }) => seconds),
      processorSeconds: at(answers, i).map(({ processorSeconds }) => processorSeconds),
      startSeconds: contestant.startSeconds,
      mebibytes: await contestant.end(),
    });
  }
  return timed;
}
