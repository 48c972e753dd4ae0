import { type Device, openSession, type Session, type Tensor, tensor, tensorOutput } from '../../onnx/session.ts';
import {
  attentionsOf,
  type Decoder,
  hasOwnKeys,
  layersBeforeLate,
  type Mixer,
  type Rope,
  recurrentsOf,
} from '../architectures/decoder.ts';
import { recurrentShape } from '../architectures/recurrent.ts';
import { ropeTables } from '../architectures/rope.ts';
import type { Weights } from '../architectures/weights.ts';
import type { AttentionKind } from '../graph/attention.ts';
import { backboneInputs, buildBackbone } from '../graph/backbone.ts';
import { BACKBONE, RECURRENCE } from '../graph/backbone-names.ts';
import { alibiTensor, maskTensor } from './attention-bias.ts';
import { chooseAttentionKind } from './attention-kind.ts';
import type { ForwardBatch } from './batches.ts';
import { appendToKvCache, disposeKvCache, emptyKvCache, type KvCache, type LayerCache } from './kv-cache.ts';
import { lateFeeds } from './late-rows.ts';
import { recurrenceFeeds } from './recurrence-plan.ts';

export interface ForwardResult {
  /** [rows, hidden], after the final norm. */
  readonly hidden: Tensor;
  /** The keys and values of all tokens so far, for a batch that extends its KV cache. */
  readonly kvCache: KvCache | null;
}

interface RopeTensors {
  readonly isLong: boolean;
  readonly positions: number;
  readonly cos: Tensor;
  readonly sin: Tensor;
}

/**
 * The decoder without its output matrix, in a session of onnxruntime: tokens in, hidden states out. It turns a
 * `ForwardBatch` into the graph's inputs (masks, rotary tables, ALiBi) and hands the KV cache from one batch to the
 * next. On the CPU the cache is memory of ours with spare capacity, to which the keys and values of new tokens are
 * appended; on a device every run returns a new one.
 */
export class BackboneSession {
  /** Can a batch take and return a KV cache? */
  readonly usesKvCache: boolean;
  readonly #decoder: Decoder;
  readonly #session: Session;
  /** Outputs stay on the device. */
  readonly #isBound: boolean;
  readonly #kind: AttentionKind;
  readonly #hasLateLayers: boolean;
  readonly #ropeTensors = new Map<Rope, RopeTensors>();
  /** By number of sequences. */
  readonly #emptyCaches = new Map<number, KvCache>();

  private constructor(
    decoder: Decoder,
    session: Session,
    { kind, useKvCache, isBound }: { kind: AttentionKind; useKvCache: boolean; isBound: boolean },
  ) {
    this.#decoder = decoder;
    this.#session = session;
    this.#isBound = isBound;
    this.#kind = kind;
    this.#hasLateLayers = layersBeforeLate(decoder) < decoder.layers.length;
    this.usesKvCache = useKvCache;
  }

  /** @param useKvCache batches can take and return a KV cache, which takes memory in those that do not, too */
  static async open(
    decoder: Decoder,
    weights: Weights,
    device: Device,
    { useKvCache }: { readonly useKvCache: boolean },
  ): Promise<BackboneSession> {
    const kind = await chooseAttentionKind(decoder, device, { useKvCache });
    const graph = buildBackbone(decoder, weights, {
      attention: kind,
      fuseExperts: device.name === 'cpu' && weights.held === 'float32',
      useKvCache,
    });
    // The binding can leave outputs on a device only for WebGPU.
    const isBound = useKvCache && device.name === 'webgpu';
    const onDevice = isBound ? decoder.layers.flatMap(({ mixer }, i) => presentNames(mixer, i)) : [];
    const session = await openSession(graph, device, {
      onDevice,
      allowSpinning: false,
      memoryPattern: weights.held === 'float32',
    });
    return new BackboneSession(decoder, session, { kind, useKvCache, isBound });
  }

  async run(batch: ForwardBatch): Promise<ForwardResult> {
    const { layers } = this.#decoder;
    const fetches: string[] = [BACKBONE.hidden];
    // On a device outputs are bound, and one that is not fetched stays bound to the tensor of an earlier run.
    const fetchesCache = batch.extendsKvCache || this.#isBound;
    if (fetchesCache) for (const [i, { mixer }] of layers.entries()) fetches.push(...presentNames(mixer, i));
    const outputs = await this.#session.run(this.#feeds(batch), fetches);
    const hidden = tensorOutput(outputs, BACKBONE.hidden);
    if (!fetchesCache) return { hidden, kvCache: null };
    const returned = layers.map(({ mixer }, i) => presentOf(mixer, i, (name) => tensorOutput(outputs, name)));
    const length = (batch.kvCache?.length ?? 0) + batch.length;
    const whole: KvCache = { batch: batch.batch, length, capacity: length, layers: returned };
    if (!batch.extendsKvCache) {
      disposeKvCache(whole);
      return { hidden, kvCache: null };
    }
    if (this.#kind !== 'split' || batch.kvCache === null) return { hidden, kvCache: whole };
    return { hidden, kvCache: appendToKvCache(batch.kvCache, returned, batch.length) };
  }

  /** A KV cache with room for `capacity` tokens, or null where each run returns a new one. */
  allocateKvCache(batch: number, capacity: number): KvCache | null {
    return this.#kind === 'split' ? emptyKvCache(this.#decoder, batch, capacity) : null;
  }

  /**
   * The same keys and values with room for one more token at least: a full cache grows to twice its size, up to `most`.
   */
  growKvCache(cache: KvCache, most: number): KvCache {
    if (this.#kind !== 'split' || cache.length < cache.capacity) return cache;
    const capacity = Math.max(cache.length + 1, Math.min(2 * cache.capacity, most));
    return appendToKvCache(emptyKvCache(this.#decoder, cache.batch, capacity), cache.layers, cache.length);
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #feeds(batch: ForwardBatch): Record<string, Tensor> {
    const { batch: sequences, length } = batch;
    if (batch.kvCache && !this.usesKvCache) throw new Error('this session was opened without a KV cache');
    // A cache with capacity and nothing in it yet is not read.
    const cache = batch.kvCache === null || batch.kvCache.length === 0 ? this.#emptyCache(sequences) : batch.kvCache;
    const total = cache.capacity + length;
    const feeds: Record<string, Tensor> = {
      [BACKBONE.tokens]: tensor.int64(batch.tokens, [sequences, length]),
      // Sequences that are done are decoded on beside the others, and what they return is ignored.
      [BACKBONE.positions]: tensor.int64(
        batch.positions.map((position) => Math.min(position, this.#decoder.maxLength - 1)),
        [sequences, length],
      ),
      ...(this.#hasLateLayers ? lateFeeds(batch) : { [BACKBONE.rows]: tensor.int64(batch.rows, [batch.rows.length]) }),
      [BACKBONE.seqlensK]: tensor.int32(Array<number>(sequences).fill(total - 1), [sequences]),
      [BACKBONE.totalSequenceLength]: tensor.int32([total], [1]),
    };
    const { windows, ropes } = backboneInputs(this.#decoder);
    for (const window of windows) feeds[BACKBONE.bias(window)] = maskTensor(batch, cache, window);
    // The operator needs at least as many rows as there are slots, although the positions of a tree are fewer.
    const positions = batch.positions.reduce((most, position) => Math.max(most, position + 1), length);
    for (const [i, rope] of ropes.entries()) {
      const { cos, sin } = this.#ropeTensorsOf(rope, positions, batch);
      feeds[BACKBONE.cos(i)] = cos;
      feeds[BACKBONE.sin(i)] = sin;
    }
    const alibi = attentionsOf(this.#decoder).find((attention) => attention.alibi !== null)?.alibi;
    if (alibi) feeds[BACKBONE.alibi] = alibiTensor(batch, cache, alibi);
    if (this.usesKvCache) for (const [i, layer] of cache.layers.entries()) Object.assign(feeds, pastOf(layer, i));
    const [recurrent] = recurrentsOf(this.#decoder);
    if (recurrent === undefined) return feeds;
    const { kernel } = recurrentShape(recurrent);
    return { ...feeds, ...recurrenceFeeds(batch, { kernel, hasPast: this.usesKvCache }) };
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

  #emptyCache(batch: number): KvCache {
    const known = this.#emptyCaches.get(batch);
    if (known) return known;
    const empty = emptyKvCache(this.#decoder, batch, 0);
    this.#emptyCaches.set(batch, empty);
    return empty;
  }
}

/** Names of the outputs that a layer leaves for later tokens. */
function presentNames(mixer: Mixer | null, i: number): string[] {
  if (mixer === null) return [];
  if (mixer.kind === 'attention' && !hasOwnKeys(mixer)) return [];
  if (mixer.kind === 'attention') return [BACKBONE.presentKey(i), BACKBONE.presentValue(i)];
  const names = [RECURRENCE.presentInputs(i)];
  return recurrentShape(mixer).state === null ? names : [...names, RECURRENCE.presentState(i)];
}

function presentOf(mixer: Mixer | null, i: number, output: (name: string) => Tensor): LayerCache | null {
  if (mixer === null) return null;
  if (mixer.kind === 'attention') {
    if (!hasOwnKeys(mixer)) return null;
    return { kind: 'attention', key: output(BACKBONE.presentKey(i)), value: output(BACKBONE.presentValue(i)) };
  }
  const { state } = recurrentShape(mixer);
  return {
    kind: 'recurrent',
    inputs: output(RECURRENCE.presentInputs(i)),
    state: state && output(RECURRENCE.presentState(i)),
  };
}

function pastOf(layer: LayerCache | null, i: number): Record<string, Tensor> {
  if (layer === null) return {};
  if (layer.kind === 'attention') return { [BACKBONE.pastKey(i)]: layer.key, [BACKBONE.pastValue(i)]: layer.value };
  const { inputs, state } = layer;
  return { [RECURRENCE.pastInputs(i)]: inputs, ...(state && { [RECURRENCE.pastState(i)]: state }) };
}
