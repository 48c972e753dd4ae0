import { type Tensor, tensor } from '../../onnx/session.ts';
import { attentionsOf, type Decoder, layersBeforeLate, type Rope, recurrentsOf } from '../architectures/decoder.ts';
import { recurrentShape } from '../architectures/recurrent.ts';
import { ropeTables } from '../architectures/rope.ts';
import { backboneInputs } from '../graph/backbone.ts';
import { BACKBONE } from '../graph/backbone-names.ts';
import { alibiTensor, maskTensor } from './attention-bias.ts';
import type { ForwardBatch } from './batches.ts';
import type { KvCacheSize } from './kv-cache.ts';
import { lateFeeds } from './late-rows.ts';
import { recurrenceFeeds } from './recurrence-plan.ts';

interface RopeTensors {
  readonly isLong: boolean;
  readonly positions: number;
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** Turns a batch into those inputs of a backbone's graph that its layers share: masks, rotary tables, ALiBi, orders of slots. */
export class BatchFeeds {
  readonly #decoder: Decoder;
  readonly #hasPast: boolean;
  readonly #ropeTensors = new Map<Rope, RopeTensors>();

  /** @param hasPast the graph has a KV cache */
  constructor(decoder: Decoder, { hasPast }: { readonly hasPast: boolean }) {
    this.#decoder = decoder;
    this.#hasPast = hasPast;
  }

  /**
   * @param cache before the batch
   * @param layers whose inputs are wanted: a part of the decoder's, or all
   */
  of(
    batch: ForwardBatch,
    cache: KvCacheSize,
    layers: Pick<Decoder, 'layers'>['layers'] = this.#decoder.layers,
  ): Record<string, Tensor> {
    const { batch: sequences, length } = batch;
    const total = cache.capacity + length;
    const hasLateLayers = layersBeforeLate(this.#decoder) < this.#decoder.layers.length;
    const feeds: Record<string, Tensor> = {
      [BACKBONE.tokens]: tensor.int64(batch.tokens, [sequences, length]),
      // Sequences that are done are decoded on beside the others, and what they return is ignored.
      [BACKBONE.positions]: tensor.int64(
        batch.positions.map((position) => Math.min(position, this.#decoder.maxLength - 1)),
        [sequences, length],
      ),
      ...(hasLateLayers ? lateFeeds(batch) : { [BACKBONE.rows]: tensor.int64(batch.rows, [batch.rows.length]) }),
      [BACKBONE.seqlensK]: tensor.int32(Array<number>(sequences).fill(total - 1), [sequences]),
      [BACKBONE.totalSequenceLength]: tensor.int32([total], [1]),
    };
    const { windows, ropes } = backboneInputs({ layers });
    const { ropes: allRopes } = backboneInputs(this.#decoder);
    for (const window of windows) feeds[BACKBONE.bias(window)] = maskTensor(batch, cache, window);
    // The operator needs at least as many rows as there are slots, although the positions of a tree are fewer.
    const positions = batch.positions.reduce((most, position) => Math.max(most, position + 1), length);
    for (const rope of ropes) {
      const i = allRopes.indexOf(rope);
      const { cos, sin } = this.#ropeTensorsOf(rope, positions, batch);
      feeds[BACKBONE.cos(i)] = cos;
      feeds[BACKBONE.sin(i)] = sin;
    }
    const alibi = attentionsOf({ layers }).find((attention) => attention.alibi !== null)?.alibi;
    if (alibi) feeds[BACKBONE.alibi] = alibiTensor(batch, cache, alibi);
    const [recurrent] = recurrentsOf({ layers });
    if (recurrent === undefined) return feeds;
    const { kernel } = recurrentShape(recurrent);
    return { ...feeds, ...recurrenceFeeds(batch, { kernel, hasPast: this.#hasPast }) };
  }

  /**
   * Rotary tables of at least this many positions. They double when they grow, so that few decoding steps make new
   * ones.
   */
  #ropeTensorsOf(rope: Rope, positions: number, { isLong }: ForwardBatch): RopeTensors {
    const known = this.#ropeTensors.get(rope);
    if (known && known.isLong === isLong && known.positions >= positions) return known;
    const length = Math.max(positions, Math.min(2 * positions, this.#decoder.maxLength));
    const { cos, sin } = ropeTables(rope, length, { isLong });
    const shape = [length, rope.dim / 2];
    const made = { isLong, positions: length, cos: tensor.float32(cos, shape), sin: tensor.float32(sin, shape) };
    this.#ropeTensors.set(rope, made);
    return made;
  }
}
