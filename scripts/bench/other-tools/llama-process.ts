// llama.cpp through node-llama-cpp in `npm run bench:peers`. Parameters: the module's path, a GGUF file, a number of
// threads, and `kept` if the state of a prompt stays for its choices: otherwise each choice reads it again.
import { pathToFileURL } from 'node:url';
import { at } from '@shadow-gate/platform';
import { serve } from './serve.ts';

/** What is used of node-llama-cpp 3.22, as its declarations have it. */
interface NodeLlamaCpp {
  getLlama(options: Readonly<Record<string, unknown>>): Promise<Llama>;
}
interface Llama {
  loadModel(options: { readonly modelPath: string; readonly gpuLayers: number }): Promise<{
    createContext(options: { readonly contextSize: number; readonly threads: number }): Promise<{
      getSequence(): Sequence;
    }>;
  }>;
}
interface Sequence {
  readonly nextTokenIndex: number;
  clearHistory(): Promise<void>;
  eraseContextTokenRanges(ranges: readonly { readonly start: number; readonly end: number }[]): Promise<void>;
  evaluateWithoutGeneratingNewTokens(tokens: readonly number[]): Promise<void>;
  controlledEvaluate(
    input: readonly (number | readonly [number, { readonly generateNext: Wanted }])[],
  ): Promise<readonly (Evaluated | undefined)[]>;
  evaluate(
    tokens: readonly number[],
    options: { readonly temperature: 0; readonly yieldEogToken: true },
  ): AsyncIterable<number>;
}
/** `totalLogitWeight`: the sum of exp(logit − largest logit). */
interface Wanted {
  readonly logits: { readonly filter: { readonly tokens: readonly number[]; readonly includeTop: number } };
  readonly totalLogitWeight: true;
}
interface Evaluated {
  readonly next: { readonly logits?: ReadonlyMap<number, number>; readonly totalLogitWeight?: number };
}

/** For 2,048 tokens and a continuation. The batch is node-llama-cpp's default of 512. */
const CONTEXT = 2304;

const [, , module = '', modelPath = '', threads = '', state] = process.argv;

await serve(async () => {
  const { getLlama }: NodeLlamaCpp = await import(pathToFileURL(module).href);
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    maxThreads: Number(threads),
    logLevel: 'error',
  });
  const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
  const context = await model.createContext({ contextSize: CONTEXT, threads: Number(threads) });
  const sequence = context.getSequence();
  return {
    async score(questions) {
      const found: number[][][] = [];
      for (const { prompt, choices } of questions) {
        const scored: number[][] = [];
        for (const [i, choice] of choices.entries()) {
          const start = state === 'kept' ? prompt.length - 1 : 0;
          if (i === 0 || start === 0) await sequence.clearHistory();
          else await sequence.eraseContextTokenRanges([{ start, end: sequence.nextTokenIndex }]);
          if (i === 0 && start > 0) await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(0, start));
          scored.push(await logprobsOf(sequence, prompt.slice(start), choice));
        }
        found.push(scored);
      }
      return found;
    },
    async generate(tokens, count) {
      await sequence.clearHistory();
      const found: number[] = [];
      for await (const token of sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true })) {
        found.push(token);
        if (found.length === count) break;
      }
      return found;
    },
  };
});

/** Evaluates the context, of at least one token, and the choice without its last token. */
async function logprobsOf(
  sequence: Sequence,
  context: readonly number[],
  choice: readonly number[],
): Promise<number[]> {
  const first = context.length - 1;
  const input = [...context, ...choice.slice(0, -1)].map((token, i) =>
    i < first ? token : ([token, { generateNext: wanted(at(choice, i - first)) }] as const),
  );
  const evaluated = await sequence.controlledEvaluate(input);
  return choice.map((token, i) => {
    const { logits, totalLogitWeight } = at(evaluated, first + i)?.next ?? {};
    const logit = logits?.get(token);
    if (logits === undefined || logit === undefined || totalLogitWeight === undefined) {
      throw new Error('node-llama-cpp gave no logit');
    }
    return logit - Math.max(...logits.values()) - Math.log(totalLogitWeight);
  });
}

function wanted(token: number): Wanted {
  return { logits: { filter: { tokens: [token], includeTop: 1 } }, totalLogitWeight: true };
}
