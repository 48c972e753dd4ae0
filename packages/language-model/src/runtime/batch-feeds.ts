import { type Tensor, tensor } from '@shadow-gate/checkpoints/onnx';
import { at } from '@shadow-gate/platform';
import {
  attentionMixers,
  type Decoder,
  layersBeforeLate,
  type Rope,
  recurrentMixers,
} from '../architectures/decoder.ts';
import { recurrentShape } from '../architectures/recurrent.ts';
import { ropeTables } from '../architectures/rope.ts';
import { backboneInputs } from '../graph/backbone.ts';
import { BACKBONE, LATE } from '../graph/backbone-names.ts';
import { alibiTensor, maskTensor } from './attention-bias.ts';
import type { ForwardBatch } from './batches.ts';
import { entryFeeds } from './entry-feeds.ts';
import type { KvCacheSize } from './kv-cache.ts';
import { recurrenceFeeds } from './recurrence-plan.ts';

interface RopeTensors {
  readonly isLong: boolean;
  readonly positions: number;
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/** Turns a batch into those graph inputs that layers share: masks, rotary tables, ALiBi, orders of slots. */
export class BatchFeeds {
  readonly #decoder: Decoder;
  readonly #hasPast: boolean;
  readonly #ropeTensors = new Map<Rope, RopeTensors>();

  /** @param hasPast does the graph have a KV cache? */
  constructor(decoder: Decoder, { hasPast }: { readonly hasPast: boolean }) {
    this.#decoder = decoder;
    this.#hasPast = hasPast;
  }

  /** @param cache before the batch @param layers to feed: all, or a part of the decoder's */
  of(
    batch: ForwardBatch,
    cache: KvCacheSize,
    layers: Pick<Decoder, 'layers'>['layers'] = this.#decoder.layers,
  ): Record<string, Tensor> {
    const { batch: sequences, length } = batch;
    const total = cache.capacity + length;
    const hasLateLayers = layersBeforeLate(this.#decoder) < this.#decoder.layers.length;
    const shape = [sequences, length];
    // Finished sequences are decoded along with the others; their results are ignored.
    const positions = batch.positions.map((position) => Math.min(position, this.#decoder.maxLength - 1));
    const feeds: Record<string, Tensor> = {
      [BACKBONE.tokens]: tensor.int64(batch.tokens, shape),
      [BACKBONE.positions]: tensor.int64(positions, shape),
      ...(hasLateLayers ? lateFeeds(batch) : { [BACKBONE.rows]: tensor.int64(batch.rows, [batch.rows.length]) }),
      [BACKBONE.seqlensK]: tensor.int32(Array<number>(sequences).fill(total - 1), [sequences]),
      [BACKBONE.totalSequenceLength]: tensor.int32([total], [1]),
    };
    const { windows, ropes, entries } = backboneInputs({ layers });
    const { ropes: allRopes } = backboneInputs(this.#decoder);
    for (const window of windows) feeds[BACKBONE.bias(window)] = maskTensor(batch, cache, window);
    let most = length;
    for (const kind of entries) {
      const { feeds: own, count } = entryFeeds(batch, cache, kind, this.#decoder.maxLength);
      Object.assign(feeds, own);
      most = Math.max(most, count);
    }
    // The operator needs at least as many rows as there are slots or entries, although a tree has fewer positions.
    const rows = batch.positions.reduce((last, position) => Math.max(last, position + 1), most);
    for (const rope of ropes) {
      const i = allRopes.indexOf(rope);
      const { cos, sin } = this.#ropeTensorsOf(rope, rows, batch);
      feeds[BACKBONE.cos(i)] = cos;
      feeds[BACKBONE.sin(i)] = sin;
    }
    const alibi = attentionMixers({ layers }).find((attention) => attention.alibi !== null)?.alibi;
    if (alibi) feeds[BACKBONE.alibi] = alibiTensor(batch, cache, alibi);
    const [recurrent] = recurrentMixers({ layers });
    if (recurrent === undefined) return feeds;
    const { kernel } = recurrentShape(recurrent);
    return { ...feeds, ...recurrenceFeeds(batch, { kernel, hasPast: this.#hasPast }) };
  }

  /** Rotary tables for at least this many positions. Doubling them as they grow makes new ones rare during decoding. */
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

/** The feeds with these names. @throws Error if one is missing */
export function pickFeeds(feeds: Readonly<Record<string, Tensor>>, names: readonly string[]): Record<string, Tensor> {
  return Object.fromEntries(
    names.map((name) => {
      const feed = feeds[name];
      if (feed === undefined) throw new Error(`input ${name} is missing`);
      return [name, feed];
    }),
  );
}

/**
 * Slots that go through the late layers (see `layersBeforeLate`): those with a returned hidden state, as many per
 * sequence as in the longest. Shorter sequences are padded with their first slot, and its results are dropped.
 */
export function lateFeeds({ batch, length, rows, mask }: ForwardBatch): Record<string, Tensor> {
  const bySequence = Array.from({ length: batch }, (): number[] => []);
  const places = rows.map((row) => {
    const sequence = Math.floor(row / length);
    return { sequence, place: at(bySequence, sequence).push(row) - 1 };
  });
  const most = Math.max(1, ...bySequence.map((own) => own.length));
  const slots = bySequence.flatMap((own, b) => Array.from({ length: most }, (_, i) => own[i] ?? b * length));
  const masks = mask.isShared ? slots.map((slot) => slot % length) : slots;
  const targets = places.map(({ sequence, place }) => sequence * most + place);
  return {
    [LATE.slots]: tensor.int64(slots, [batch, most]),
    [LATE.masks]: tensor.int64(masks, [batch, most]),
    [LATE.rows]: tensor.int64(targets, [rows.length]),
  };
}
