import type { Continuation, Engine, Prompt, Sequence } from '@shadow-gate/language-model/engine';

/**
 * A model that is easy to follow by hand: p(next | last) = 1/2 for last + 1, and 2⁻ᵏ⁻² for the token k steps further;
 * after token 9 comes 0 again. It records its calls.
 */
export function countingEngine(
  maxLength: number,
): Engine & { sequences: Sequence[]; prompts: Prompt[]; calls: number } {
  const engine = {
    maxLength,
    sequences: [] as Sequence[],
    prompts: [] as Prompt[],
    calls: 0,
    async score(sequences: readonly Sequence[]) {
      engine.calls++;
      engine.sequences.push(...sequences);
      return sequences.map(({ context, continuation }) => {
        const steps = continuation.map((token, index) => {
          const last = index === 0 ? (context.at(-1) ?? 0) : (continuation[index - 1] ?? 0);
          return (token - last - 1 + 20) % 10;
        });
        return {
          tokenLogprobs: steps.map((step) => -(step + 1) * Math.LN2),
          greedy: steps.every((step) => step === 0),
        };
      });
    },
    async generate(prompts: readonly Prompt[]) {
      engine.prompts.push(...prompts);
      return prompts.map(continueGreedily);
    },
    async close() {},
  };
  return engine;
}

function continueGreedily({ tokens, maxNewTokens, stopTokens, isDone }: Prompt): Continuation {
  const made: number[] = [];
  let last = tokens.at(-1) ?? 0;
  while (made.length < maxNewTokens) {
    last = (last + 1) % 10;
    made.push(last);
    if (stopTokens.has(last) || isDone?.(made)) return { tokens: made, finish: 'stop' };
  }
  return { tokens: made, finish: 'length' };
}
