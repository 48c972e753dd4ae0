import {
  type Device,
  float32Data,
  openSession,
  type Session,
  type Tensor,
  tensor,
  tensorOutput,
} from '@shadow-gate/checkpoints/onnx';
import type { Graph } from '@shadow-gate/checkpoints/onnx/graph';
import { at } from '@shadow-gate/platform';
import type { Decoder, Layer } from '../../architectures/decoder.ts';
import type { Weights } from '../../architectures/weights.ts';
import type { OnWork } from '../../engine.ts';
import type { PassCost } from '../../execution.ts';
import type { AttentionKind } from '../../graph/attention.ts';
import { type BackbonePart, buildBackbone, layerParts } from '../../graph/backbone.ts';
import { BACKBONE, EDGE } from '../../graph/backbone-names.ts';
import { sharedAfter, sharedBefore, sharedLayers, withLayerInput } from '../../graph/part-edges.ts';
import { BatchFeeds, pickFeeds } from '../batch-feeds.ts';
import {
  appendToLayerCache,
  CACHE_PARTS,
  type CachePart,
  cacheParts,
  eachTensor,
  emptyLayerCache,
  type KvCacheSize,
  type LayerCache,
  pastInputs,
  presentNames,
  presentOutputs,
} from '../kv-cache.ts';
import { readAhead } from './read-ahead.ts';
import type { RecordedRun } from './run-recorder.ts';
import type { StateStore } from './state-store.ts';

export interface LayeredDecoder {
  readonly decoder: Decoder;
  readonly weights: Weights;
  readonly device: Device;
  readonly kind: AttentionKind;
  readonly useKvCache: boolean;
}

interface PassOptions {
  /** Names of the KV caches that nothing reads after these runs. */
  readonly released: ReadonlySet<number>;
  /** Runs that keep their hidden states: [rows, hidden] as `hidden ID` in the store. */
  readonly wanted: ReadonlySet<number>;
  /** Read while the last layer computes. */
  readonly next: () => Graph;
  readonly onWork?: OnWork | undefined;
}

/** One layer after the other: all batches go through a layer while the weights of the next one are read. */
export class LayerPass {
  readonly #model: LayeredDecoder;
  readonly #store: StateStore;
  readonly #feeds: BatchFeeds;
  readonly #parts: readonly BackbonePart[];
  /** Layers whose keys and values others share, each with the last one that does. */
  readonly #sharers: ReadonlyMap<number, number>;

  constructor(model: LayeredDecoder, store: StateStore) {
    this.#model = model;
    this.#store = store;
    this.#feeds = new BatchFeeds(model.decoder, { hasPast: model.useKvCache });
    this.#parts = layerParts(model.decoder);
    this.#sharers = sharedLayers(model.decoder);
  }

  /** Run all batches through all layers. @throws UserError if the disk has no room for hidden states */
  async run(runs: readonly RecordedRun[], { released, wanted, next, onWork }: PassOptions): Promise<void> {
    const lastUse = new Map(
      runs.flatMap(({ cache }, i) => (cache !== null && released.has(cache) ? [[cache, i]] : [])),
    );
    const slots = runs.reduce((sum, { batch }) => sum + batch.batch * batch.length, 0);
    let reading = Promise.resolve();
    for (const [p, part] of this.#parts.entries()) {
      await reading;
      await withSession(this.#model, this.#graph(part), async (session) => {
        const after = this.#parts[p + 1];
        reading = readAhead((after ? this.#graph(after) : next()).files);
        let done = 0;
        for (const [i, run] of runs.entries()) {
          await this.#step(session, part, run, wanted);
          this.#dropCaches(part, run, lastUse.get(run.cache ?? -1) === i);
          done += run.batch.batch * run.batch.length;
          onWork?.((p + done / slots) / this.#parts.length);
        }
      });
    }
    await reading;
  }

  /**
   * Time the first layer with each of some batches, and the reading of another layer, which was not read just before.
   * @returns seconds for a pass, if all weights take the same time per byte to read and to open, and all layers the
   *   same to run; the KV caches of the runs stay
   */
  async time(
    runs: readonly RecordedRun[],
    rest: () => Graph,
  ): Promise<{ cost: Omit<PassCost, 'perToken'>; runs: number[] }> {
    const graphs = [...this.#parts.slice(1).map((part) => this.#graph(part)), rest()];
    const sizes = graphs.map(bytesOf);
    const all = sizes.reduce((sum, size) => sum + size, 0);
    const middle = Math.floor(this.#model.decoder.layers.length / 2);
    const read = await secondsOf(() => readAhead(at(graphs, middle).files));
    const [embeds, first] = [at(this.#parts, 0), at(this.#parts, 1)];
    await withSession(this.#model, this.#graph(embeds), async (session) => {
      for (const run of runs) await this.#step(session, embeds, run, NOTHING);
    });
    await readAhead(at(graphs, 0).files);
    const times: number[] = [];
    const opened = performance.now();
    let open = 0;
    await withSession(this.#model, this.#graph(first), async (session) => {
      open = (performance.now() - opened) / 1000;
      for (const run of runs) times.push(await secondsOf(() => this.#step(session, first, run, NOTHING)));
    });
    const layerShare = at(sizes, 0) / all;
    return {
      cost: { read: (read * all) / at(sizes, middle), open: open / layerShare },
      // A layer's work is not proportional to its bytes: each token uses only a few experts.
      runs: times.map((seconds) => seconds * this.#model.decoder.layers.length),
    };
  }

  /** Nothing reads this KV cache of earlier runs again. */
  release(cache: number): void {
    for (const layer of this.#model.decoder.layers.keys()) this.#dropCache(cache, layer);
  }

  #graph(part: BackbonePart): Graph {
    const { decoder, weights, device, kind, useKvCache } = this.#model;
    const fuseExperts = device.name === 'cpu' && weights.held !== 'as-stored';
    return buildBackbone(decoder, weights, { attention: kind, fuseExperts, useKvCache }, part);
  }

  async #step(session: Session, part: BackbonePart, run: RecordedRun, wanted: ReadonlySet<number>): Promise<void> {
    const { decoder } = this.#model;
    const { batch, id } = run;
    const isEnd = part.to === decoder.layers.length;
    const own = decoder.layers.slice(part.from, part.to);
    const size = batch.kvCache ?? { batch: batch.batch, length: 0, capacity: 0 };
    // An empty cache with capacity is not read.
    const before: KvCacheSize = size.length === 0 ? { batch: batch.batch, length: 0, capacity: 0 } : size;
    const pasts = await this.#pastsOf(part, run, before);
    const feeds = { ...this.#feeds.of(batch, before, own), ...(await this.#edgesBefore(part, id)) };
    for (const [layer, cache] of pasts) Object.assign(feeds, pastInputs(cache, layer));
    const keeps = batch.extendsKvCache ? own.flatMap((layer, i) => presentNames(layer, part.from + i)) : [];
    const later = part.embeds ? withLayerInput(decoder, { from: part.to, to: decoder.layers.length }) : [];
    const leaves = isEnd ? [BACKBONE.hidden] : [EDGE.next, ...edgeNames(later, sharedAfter(decoder, part))];
    const outputs = await session.run(pickFeeds(feeds, session.inputNames), [...leaves, ...keeps]);
    this.#dropEdges(part, id);
    const keep = async (name: string) => {
      const value = tensorOutput(outputs, name);
      await this.#store.put(stateKey(name, id), { data: float32Data(value), dims: value.dims });
    };
    if (!isEnd) for (const name of leaves) await keep(name);
    else if (wanted.has(id)) await keep(BACKBONE.hidden);
    if (!batch.extendsKvCache) return;
    for (const [i, layer] of own.entries()) {
      const fresh = presentOutputs(layer, part.from + i, (name) => tensorOutput(outputs, name));
      await this.#keepCache(run, part.from + i, fresh, pasts.get(part.from + i) ?? {});
    }
  }

  /** Caches of a part's layers before a batch, including layers with keys and values that they share. */
  async #pastsOf(
    part: BackbonePart,
    { batch, cache }: RecordedRun,
    size: KvCacheSize,
  ): Promise<Map<number, LayerCache>> {
    const { decoder, useKvCache } = this.#model;
    const pasts = new Map<number, LayerCache>();
    if (!useKvCache) return pasts;
    const layers = [...sharedBefore(decoder, part), ...range(part.from, part.to)];
    for (const index of layers) {
      const layer = at(decoder.layers, index);
      const isKnown = size.length > 0 && cache !== null;
      const past = isKnown ? this.#readCache(cache, index, layer, size) : emptyLayerCache(layer, batch.batch, 0);
      pasts.set(index, await past);
    }
    return pasts;
  }

  async #keepCache(run: RecordedRun, layer: number, fresh: LayerCache, past: LayerCache): Promise<void> {
    const { decoder, kind } = this.#model;
    const { batch, cache } = run;
    if (cache === null) throw new Error('a batch that extends its KV cache has one');
    const size = batch.kvCache;
    if (kind !== 'split' || size === null) return this.#writeCache(cache, layer, fresh);
    const room = size.length === 0 ? emptyLayerCache(at(decoder.layers, layer), batch.batch, size.capacity) : past;
    await this.#writeCache(cache, layer, appendToLayerCache(room, fresh, size));
  }

  /** @param isLast of the runs that read its cache */
  #dropCaches(part: BackbonePart, { cache }: RecordedRun, isLast: boolean): void {
    if (cache === null || !isLast) return;
    for (const layer of range(0, part.to)) {
      const until = this.#sharers.get(layer) ?? layer;
      if (until >= part.from && until < part.to) this.#dropCache(cache, layer);
    }
  }

  /** @param size of the cache at this point: room for this many tokens @throws Error if there is no cache */
  async #readCache(name: number, index: number, layer: Layer, { capacity }: KvCacheSize): Promise<LayerCache> {
    const found: [CachePart, Tensor][] = [];
    for (const part of cacheParts(layer)) {
      const { data, dims } = await this.#store.read(keyOf(name, index, part));
      const value = tensor.float32(data, dims);
      found.push([part, part === 'key' || part === 'value' ? withCapacity(value, capacity) : value]);
    }
    return Object.fromEntries(found);
  }

  async #writeCache(name: number, layer: number, cache: LayerCache): Promise<void> {
    for (const [part, value] of eachTensor(cache)) {
      await this.#store.put(keyOf(name, layer, part), { data: float32Data(value), dims: value.dims });
    }
  }

  #dropCache(name: number, layer: number): void {
    for (const part of CACHE_PARTS) this.#store.drop(keyOf(name, layer, part));
  }

  async #edgesBefore(part: BackbonePart, id: number): Promise<Record<string, Tensor>> {
    const { decoder } = this.#model;
    if (part.embeds) return {};
    const load = async (name: string, from: string) => {
      const { data, dims } = await this.#store.read(stateKey(from, id));
      return [name, tensor.float32(data, dims)] as const;
    };
    const names = edgeNames(withLayerInput(decoder, part), sharedBefore(decoder, part));
    const loaded = [await load(EDGE.stream, EDGE.next)];
    for (const name of names) loaded.push(await load(name, name));
    return Object.fromEntries(loaded);
  }

  /** No later part reads these. */
  #dropEdges(part: BackbonePart, id: number): void {
    if (part.embeds) return;
    const done = [...this.#sharers].flatMap(([layer, last]) => (last >= part.from && last < part.to ? [layer] : []));
    const names = [EDGE.next, ...edgeNames(withLayerInput(this.#model.decoder, part), done)];
    for (const name of names) this.#store.drop(stateKey(name, id));
  }
}

export async function withSession<T>(
  { weights, device }: LayeredDecoder,
  graph: Graph,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const memoryPattern = weights.held !== 'as-stored';
  const session = await openSession(graph, device, { allowSpinning: false, memoryPattern });
  try {
    return await work(session);
  } finally {
    await session.release();
  }
}

export const stateKey = (name: string, run: number): string => `${name} of run ${run}`;

const edgeNames = (inputs: readonly number[], shared: readonly number[]): string[] => [
  ...inputs.map(EDGE.layerInput),
  ...shared.flatMap((layer) => [EDGE.sharedKey(layer), EDGE.sharedValue(layer)]),
];

const keyOf = (name: number, layer: number, part: CachePart) => `cache ${name}, layer ${layer}: ${part}`;

/** [B, heads, P, size] with another P: the same first tokens, and room after them. */
function withCapacity(value: Tensor, capacity: number): Tensor {
  const [batch, heads, count, size] = [at(value.dims, 0), at(value.dims, 1), at(value.dims, 2), at(value.dims, 3)];
  if (count === capacity) return value;
  const from = float32Data(value);
  const to = new Float32Array(batch * heads * capacity * size);
  const kept = Math.min(count, capacity) * size;
  for (let row = 0; row < batch * heads; row += 1) {
    to.set(from.subarray(row * count * size, row * count * size + kept), row * capacity * size);
  }
  return tensor.float32(to, [batch, heads, capacity, size]);
}

const NOTHING: ReadonlySet<number> = new Set();

const bytesOf = ({ files }: Graph): number => files.reduce((sum, { byteLength }) => sum + byteLength, 0);

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
