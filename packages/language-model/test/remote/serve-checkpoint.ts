import type { Engine } from '@shadow-gate/language-model/engine';
import { openTokenizer } from '../../src/tokens/open-tokenizer.ts';
import { openEngine } from '../runtime/engines.ts';
import { CompletionsServer } from './completions-server.ts';

export interface ServedCheckpoint {
  readonly server: CompletionsServer;
  readonly stop: () => Promise<void>;
}

/** A checkpoint behind a server that calls it `toy`. */
export async function serveCheckpoint(path: string): Promise<ServedCheckpoint> {
  const tokenizer = await openTokenizer(path);
  const engine = await openEngine(path);
  const server = await new CompletionsServer(oneByOne(engine), {
    encode: (text) => tokenizer.encode(text, { addSpecialTokens: false }),
    decode: (tokens) => tokenizer.decode(tokens, { skipSpecialTokens: false }),
    bos: 1,
  }).start();
  server.habits.models = { data: [{ id: 'toy', max_model_len: engine.maxLength }] };
  return {
    server,
    stop: async () => {
      await server.stop();
      await tokenizer.close?.();
      await engine.close();
    },
  };
}

/** An engine serves one request at a time, a server many. */
function oneByOne(engine: Engine): Engine {
  let last: Promise<unknown> = Promise.resolve();
  const after = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };
  return {
    maxLength: engine.maxLength,
    ...(engine.vocabulary === undefined ? {} : { vocabulary: engine.vocabulary }),
    score: (sequences) => after(() => engine.score(sequences)),
    generate: (prompts) => after(() => engine.generate(prompts)),
    close: () => engine.close(),
  };
}
