// What a language model is asked in `npm run bench:peers`, one message for each task, and its process as the benchmark
// has it.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Token ids: log p of each choice after the prompt is wanted. */
export interface Question {
  readonly prompt: readonly number[];
  readonly choices: readonly (readonly number[])[];
}

export type Task =
  | { readonly kind: 'score'; readonly questions: readonly Question[] }
  | { readonly kind: 'generate'; readonly tokens: readonly number[]; readonly count: number }
  | { readonly kind: 'end' };

/** Natural logarithms, by question, choice and token of the choice. */
export type Logprobs = readonly (readonly (readonly number[])[])[];

/** An answer to any task; the first one comes when the model can be asked. */
export interface Answer {
  readonly seconds: number;
  /** Sum over all threads. */
  readonly processorSeconds: number;
  readonly logprobs?: Logprobs;
  readonly tokens?: readonly number[];
  /** Peak memory of the process; the answer to the end. */
  readonly mebibytes?: number;
}

export interface Contestant {
  /** Until the first answer. */
  readonly startSeconds: number;
  ask(task: Task): Promise<Answer>;
  /** @returns peak memory in MiB */
  end(): Promise<number>;
}

/** @param script a bundle that calls `serve` */
export async function startContestant(script: string, parameters: readonly string[]): Promise<Contestant> {
  const child = fork(script, parameters, { execArgv: [] });
  const { seconds: startSeconds } = await nextAnswer(child, script);
  const ask = async (task: Task): Promise<Answer> => {
    child.send(task);
    return nextAnswer(child, script);
  };
  return {
    startSeconds,
    ask,
    async end() {
      const { mebibytes } = await ask({ kind: 'end' });
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
      if (mebibytes === undefined) throw new Error(`${script}: no peak memory`);
      return mebibytes;
    },
  };
}

function nextAnswer(child: ChildProcess, script: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null, signal: string | null) =>
      reject(new Error(`${script} ended with ${code ?? signal}`));
    child.once('exit', onExit);
    child.once('message', (answer: Answer) => {
      child.off('exit', onExit);
      resolve(answer);
    });
  });
}
