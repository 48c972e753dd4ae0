import { readFileSync } from 'node:fs';
import type { Answer, Logprobs, Question, Task } from './contestant.ts';

/** A language model of one of the tools. */
export interface Served {
  score(questions: readonly Question[]): Promise<Logprobs>;
  /** Greedy decoding of so many new tokens. */
  generate(tokens: readonly number[], count: number): Promise<readonly number[]>;
}

/** Answer the tasks of the parent process until it hangs up. */
export async function serve(open: () => Promise<Served>): Promise<void> {
  process.once('disconnect', () => process.exit());
  const start = await timed(async () => {
    const model = await open();
    // Weights may be read only now.
    await model.score([{ prompt: [1], choices: [[2]] }]);
    return model;
  });
  const { result: model, ...times } = start;
  process.on('message', async (task: Task) => process.send?.(await answerTo(task, model)));
  process.send?.(times satisfies Answer);
}

async function answerTo(task: Task, model: Served): Promise<Answer> {
  if (task.kind === 'end') return { seconds: 0, processorSeconds: 0, mebibytes: peakMebibytes() };
  if (task.kind === 'generate') {
    const { result: tokens, ...times } = await timed(() => model.generate(task.tokens, task.count));
    return { ...times, tokens };
  }
  const { result: logprobs, ...times } = await timed(() => model.score(task.questions));
  return { ...times, logprobs };
}

async function timed<T>(work: () => Promise<T>): Promise<Pick<Answer, 'seconds' | 'processorSeconds'> & { result: T }> {
  const [before, processorBefore] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const { user, system } = process.cpuUsage(processorBefore);
  return { seconds: (performance.now() - before) / 1000, processorSeconds: (user + system) / 1e6, result };
}

/** Not from `process.resourceUsage`: a new process inherits its parent's peak. */
function peakMebibytes(): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error('/proc/self/status has no VmHWM');
  return Number(kibibytes) / 1024;
}
