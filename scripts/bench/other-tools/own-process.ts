// Our language model in `npm run bench:peers`. Parameter: a checkpoint.
import { openCheckpointSource, openEngine } from '@shadow-gate/language-model';
import { at } from '@shadow-gate/platform';
import { serve } from './serve.ts';

const checkpoint = at(process.argv, 2);

await serve(async () => {
  const engine = await openEngine(await openCheckpointSource({ checkpoint, device: 'cpu' }));
  return {
    async score(questions) {
      const scores = await engine.score(
        questions.flatMap(({ prompt, choices }) => choices.map((continuation) => ({ context: prompt, continuation }))),
      );
      const rest = scores[Symbol.iterator]();
      return questions.map(({ choices }) => choices.map(() => rest.next().value?.tokenLogprobs ?? []));
    },
    async generate(tokens, count) {
      const [continuation] = await engine.generate([{ tokens, maxNewTokens: count, stopTokens: new Set() }]);
      return continuation?.tokens ?? [];
    },
  };
});
