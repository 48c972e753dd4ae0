import { type Tensor, tensor } from '@shadow-gate/checkpoints/onnx';
import * as ort from 'onnxruntime-node';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { languageModel } from '../../../../test/language-models.ts';
import { withEngine } from './engines.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('BackboneSession', () => {
  it('rounds ALiBi to bfloat16, as the code of Falcon does', async () => {
    const fed: Readonly<Record<string, Tensor>>[] = [];
    const create = ort.InferenceSession.create.bind(ort.InferenceSession);
    vi.spyOn(ort.InferenceSession, 'create').mockImplementation(async (...args: Parameters<typeof create>) => {
      const session = await create(...args);
      const run = session.run.bind(session);
      return Object.assign(session, {
        run: (feeds: Readonly<Record<string, Tensor>>, fetches: string[]) => {
          fed.push(feeds);
          return run(feeds, fetches);
        },
      });
    });
    await withEngine(languageModel('falcon-alibi'), {}, (engine) => engine.logits(Array<number>(300).fill(1)));
    const alibi = fed.find((feeds) => feeds.alibi)?.alibi ?? tensor.float32(new Float32Array(), [0]);
    expect(alibi.dims).toEqual([1, 3, 1, 300]);
    // Slopes of three heads: 1/16 and 1/256 of two (Press et al. 2022, § 3), and 1/4 of four. Heads have 6 dimensions.
    const at = (head: number, position: number) => (alibi.data[head * 300 + position] as number) * Math.sqrt(6);
    expect([at(0, 16), at(1, 16), at(2, 16)]).toEqual([1, 1 / 16, 4].map((value) => expect.closeTo(value, 5)));
    // bfloat16 has eight binary digits: 257 becomes 256, and 259, between 258 and 260, goes to the even one.
    expect([at(2, 256), at(2, 257), at(2, 258), at(2, 259)]).toEqual(
      [64, 64, 64.5, 65].map((value) => expect.closeTo(value, 5)),
    );
  });
});
