import { openReference } from '@shadow-gate/checkpoints';
import { float32Data } from '@shadow-gate/checkpoints/onnx';
import { type Decoder, describeDecoder } from '@shadow-gate/language-model';
import { at } from '@shadow-gate/platform';
import { expect, it } from 'vitest';
import { CPU, languageModel } from '../../../../test/language-models.ts';
import { generator, randomTokens } from '../../../platform/test/random.ts';
import { recurrentMixers } from '../../src/architectures/decoder.ts';
import { Weights } from '../../src/architectures/weights.ts';
import { BackboneSession } from '../../src/runtime/backbone-session.ts';
import { rightAlignedBatch, sequenceBatch, treeAfterPrefixBatch, treesBatch } from '../../src/runtime/batches.ts';
import { TokenTree } from '../../src/runtime/token-tree.ts';
import { rowsOf } from './engines.ts';

const random = generator(3);
const PREFIX = randomTokens(random, 37, 64);
const BRANCHES = [5, 1, 9].map((length) => randomTokens(random, length, 64));

/** Only its layers with a state, and of those only the mixers that have it: whatever differs is in the recurrence. */
function mixersOnly(decoder: Decoder): Decoder {
  const layers = decoder.layers.flatMap((layer) =>
    recurrentMixers({ layers: [layer] }).map((mixer) => ({
      ...layer,
      ...{ mixer, mlp: null, mlpNorm: null, mlpOutputNorm: null },
    })),
  );
  return { ...decoder, layers };
}

async function withMixers(name: string, work: (backbone: BackboneSession, hidden: number) => Promise<void>) {
  const checkpoint = await openReference(languageModel(name));
  const decoder = mixersOnly(describeDecoder(checkpoint));
  const weights = new Weights(checkpoint, decoder, null);
  const backbone = await BackboneSession.open(decoder, weights, CPU, { useKvCache: true });
  try {
    await work(backbone, decoder.hidden);
  } finally {
    await backbone.close();
  }
}

const all = (length: number) => Array.from({ length }, (_, i) => i);

/** Hidden states of a whole sequence, [tokens][hidden]. */
async function whole(backbone: BackboneSession, tokens: readonly number[], hidden: number): Promise<Float32Array[]> {
  const result = await backbone.run(sequenceBatch(tokens, { rows: all(tokens.length), isLong: false }));
  return rowsOf(float32Data(result.hidden), hidden);
}

it.each(['qwen3-5', 'qwen3-next', 'qwen4-exp-vl', 'granite-hybrid', 'nemotron-h', 'lfm2', 'kimi-linear', 'falcon-h1'])(
  'a prefix and its forks equal the whole sequences, to the last bit: %s',
  async (name) => {
    await withMixers(name, async (backbone, hidden) => {
      const expected: Float32Array[][] = [];
      for (const branch of BRANCHES) expected.push(await whole(backbone, [...PREFIX, ...branch], hidden));

      const together = new TokenTree();
      const slots = BRANCHES.map((branch) => together.add([...PREFIX, ...branch]));
      const tree = await backbone.run(treesBatch([together], { rows: [all(together.size)], isLong: false }));
      const ofTree = rowsOf(float32Data(tree.hidden), hidden);
      for (const [b, own] of slots.entries()) expect(own.map((slot) => at(ofTree, slot))).toEqual(at(expected, b));

      const empty = backbone.allocateKvCache(1, PREFIX.length);
      const prefix = await backbone.run(rightAlignedBatch([PREFIX], { padding: [0], kvCache: empty, isLong: false }));
      if (prefix.kvCache === null) throw new Error('the prefix left no state');
      const { kvCache } = prefix;
      const after = new TokenTree();
      const own = BRANCHES.map((branch) => after.add(branch));
      const forks = await backbone.run(treeAfterPrefixBatch(after, { rows: all(after.size), kvCache, isLong: false }));
      const ofForks = rowsOf(float32Data(forks.hidden), hidden);
      for (const [b, branch] of own.entries()) {
        expect(branch.map((slot) => at(ofForks, slot))).toEqual(at(expected, b).slice(PREFIX.length));
      }
    });
  },
);
