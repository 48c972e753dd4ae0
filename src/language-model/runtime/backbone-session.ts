import { type Device, openSession, type Session, type Tensor, tensor } from '../../onnx/session.ts';
import type { Decoder, Rope } from '../architectures/decoder.ts';
import { ropeTables } from '../architectures/rope.ts';
import type { Weights } from '../architectures/weights.ts';
import type { AttentionKind } from '../graph/attention.ts';
import { buildTrunk, TRUNK, trunkInputs } from '../graph/backbone.ts';
import { attentionKind } from './attention-kind.ts';

/**
 * Keys and values of `length` tokens that were seen, one pair a layer: each [B, keyValueHeads, capacity, headDim], of which
 * the first `length` are meant.
 */
export interface KeyValues {
  readonly length: number;
  readonly capacity: number;
  readonly layers: readonly { readonly key: Tensor; readonly value: Tensor }[];
}

/** One run of the trunk: B sequences of S slots, after the tokens in `past`. */
export interface Pass {
  readonly batch: number;
  readonly length: number;
  /** [B · S]. */
  readonly tokens: readonly number[];
  readonly positions: readonly number[];
  /** May slot s of sequence b look at key t? Keys are the past's, then the slots. */
  readonly mask: Mask;
  /** Flat slots b · S + s whose hidden state is wanted. */
  readonly rows: readonly number[];
  readonly past: KeyValues | null;
  /** For rotary positions that depend on the length: is it a long one? */
  readonly isLong: boolean;
  /** Keep keys and values for a later pass. */
  readonly keep: boolean;
}

export interface Mask {
  /** The same for all B sequences. */
  readonly isShared: boolean;
  /** Position of key t as sequence b sees it, or null where it is padding. */
  readonly keyPosition: (b: number, t: number) => number | null;
  /** Keys that a slot sees within the window, itself included. */
  readonly visible: (b: number, s: number, window: number | null) => Iterable<number>;
}

export interface PassResult {
  /** [rows, hidden], after the final norm. */
  readonly hidden: Tensor;
  readonly present: KeyValues | null;
}

/** Below every score, and not infinite: a row of nothing but infinities would be NaN. */
const MASKED = -1e30;

/** The decoder without its output matrix, in a session. */
export class TrunkRunner {
  /** Can passes keep their keys and values? */
  readonly keeps: boolean;
  readonly #decoder: Decoder;
  readonly #session: Session;
  readonly #isBound: boolean;
  readonly #kind: AttentionKind;
  readonly #ropeTables = new Map<Rope, { isLong: boolean; positions: number; cos: Tensor; sin: Tensor }>();
  readonly #nothing = new Map<number, KeyValues>();

  private constructor(decoder: Decoder, session: Session, device: Device, kind: AttentionKind, keeps: boolean) {
    this.#decoder = decoder;
    this.#session = session;
    this.#isBound = keeps && device.name === 'webgpu';
    this.#kind = kind;
    this.keeps = keeps;
  }

  /** @param keep passes can keep their keys and values, which takes memory in those that do not, too */
  static async open(decoder: Decoder, weights: Weights, device: Device, keep: boolean): Promise<TrunkRunner> {
    const kind = await attentionKind(decoder, device, keep);
    const graph = buildTrunk(decoder, weights, {
      attention: kind,
      experts: device.name === 'cpu' ? 'fused' : 'each',
      keep,
    });
    // The binding can leave outputs on a WebGPU device only.
    const onDevice =
      keep && device.name === 'webgpu'
        ? decoder.layers.flatMap((_, i) => [TRUNK.presentKey(i), TRUNK.presentValue(i)])
        : [];
    return new TrunkRunner(
      decoder,
      await openSession(graph, device, { onDevice, isPatient: true }),
      device,
      kind,
      keep,
    );
  }

  async run(pass: Pass): Promise<PassResult> {
    const { layers } = this.#decoder;
    const fetches = [TRUNK.hidden as string];
    // On a device outputs are bound, and one that is not fetched stays bound to the tensor of an earlier run.
    if (pass.keep || this.#isBound) {
      for (const i of layers.keys()) fetches.push(TRUNK.presentKey(i), TRUNK.presentValue(i));
    }
    const outputs = await this.#session.run(this.#feeds(pass), fetches);
    const hidden = outputs[TRUNK.hidden] as Tensor;
    if (fetches.length === 1) return { hidden, present: null };
    const given = layers.map((_, i) => ({
      key: outputs[TRUNK.presentKey(i)] as Tensor,
      value: outputs[TRUNK.presentValue(i)] as Tensor,
    }));
    const length = (pass.past?.length ?? 0) + pass.length;
    if (!pass.keep) {
      forget({ length, capacity: length, layers: given });
      return { hidden, present: null };
    }
    if (this.#kind !== 'split' || pass.past === null) {
      return { hidden, present: { length, capacity: length, layers: given } };
    }
    append(pass.past, given);
    return { hidden, present: { ...pass.past, length } };
  }

  /** Room for the keys and values of a batch that is decoded, or null where each pass gives back all of them. */
  room(batch: number, capacity: number): KeyValues | null {
    if (this.#kind !== 'split') return null;
    const layers = this.#decoder.layers.map(({ attention }) => {
      const shape = [batch, attention.keyValueHeads, capacity, attention.headDim];
      const empty = () => tensor.float32(new Float32Array(shape.reduce((product, size) => product * size, 1)), shape);
      return { key: empty(), value: empty() };
    });
    return { length: 0, capacity, layers };
  }

  /**
   * The same keys and values with room for one more token at least: twice the room, and no more than `most`, where there
   * was none left.
   */
  withRoom(past: KeyValues, most: number): KeyValues {
    if (this.#kind !== 'split' || past.length < past.capacity) return past;
    const [batch = 0] = past.layers[0]?.key.dims ?? [];
    const wider = this.room(batch, Math.max(past.length + 1, Math.min(2 * past.capacity, most)));
    if (!wider) return past;
    append(wider, past.layers);
    return { ...wider, length: past.length };
  }

  async close(): Promise<void> {
    await this.#session.release();
  }

  #feeds(pass: Pass): Record<string, Tensor> {
    const { batch, length } = pass;
    if (pass.past && !this.keeps) throw new Error('this trunk takes no past');
    // Nothing is read out of room that is still empty.
    const past = pass.past === null || pass.past.length === 0 ? this.#empty(batch) : pass.past;
    const total = past.capacity + length;
    const feeds: Record<string, Tensor> = {
      [TRUNK.tokens]: tensor.int64(pass.tokens, [batch, length]),
      // Sequences that are done go on beside those that are not: nobody looks at what they give.
      [TRUNK.positions]: tensor.int64(
        pass.positions.map((position) => Math.min(position, this.#decoder.maxLength - 1)),
        [batch, length],
      ),
      [TRUNK.rows]: tensor.int64(pass.rows, [pass.rows.length]),
      [TRUNK.lastKeys]: tensor.int32(Array<number>(batch).fill(total - 1), [batch]),
      [TRUNK.total]: tensor.int32([total], [1]),
    };
    const { windows, ropes } = trunkInputs(this.#decoder);
    for (const window of windows) feeds[TRUNK.bias(window)] = maskTensor(pass, past, window);
    // The operator wants as many rows as there are slots, although a tree's positions are fewer.
    const positions = pass.positions.reduce((most, position) => Math.max(most, position + 1), length);
    for (const [i, rope] of ropes.entries()) {
      const { cos, sin } = this.#tables(rope, positions, pass.isLong);
      feeds[TRUNK.cos(i)] = cos;
      feeds[TRUNK.sin(i)] = sin;
    }
    const alibi = this.#decoder.layers.find(({ attention }) => attention.alibi !== null)?.attention.alibi;
    if (alibi) feeds[TRUNK.alibi] = alibiTensor(pass, past, alibi.slopes, alibi.scale);
    for (const [i, { key, value }] of this.keeps ? past.layers.entries() : []) {
      feeds[TRUNK.pastKey(i)] = key;
      feeds[TRUNK.pastValue(i)] = value;
    }
    return feeds;
  }

  /** Rotary tables of at least this many positions. They double when they grow, so that a step seldom makes new ones. */
  #tables(rope: Rope, positions: number, isLong: boolean): { cos: Tensor; sin: Tensor } {
    const known = this.#ropeTables.get(rope);
    if (known && known.isLong === isLong && known.positions >= positions) return known;
    const length = Math.max(positions, Math.min(2 * positions, this.#decoder.maxLength));
    const { cos, sin } = ropeTables(rope, length, isLong);
    const shape = [length, rope.dim / 2];
    const made = { isLong, positions: length, cos: tensor.float32(cos, shape), sin: tensor.float32(sin, shape) };
    this.#ropeTables.set(rope, made);
    return made;
  }

  /** No past. */
  #empty(batch: number): KeyValues {
    const known = this.#nothing.get(batch);
    if (known) return known;
    const layers = this.#decoder.layers.map(({ attention }) => {
      const shape = [batch, attention.keyValueHeads, 0, attention.headDim];
      return { key: tensor.float32(new Float32Array(0), shape), value: tensor.float32(new Float32Array(0), shape) };
    });
    const nothing = { length: 0, capacity: 0, layers };
    this.#nothing.set(batch, nothing);
    return nothing;
  }
}

/** Put the keys and values of new tokens [B, keyValueHeads, S, headDim] behind those that are there. */
function append(past: KeyValues, given: KeyValues['layers']): void {
  for (const [i, layer] of past.layers.entries()) {
    copyInto(layer.key, past, (given[i] as KeyValues['layers'][number]).key);
    copyInto(layer.value, past, (given[i] as KeyValues['layers'][number]).value);
  }
}

function copyInto(room: Tensor, { length, capacity }: KeyValues, given: Tensor): void {
  const [batch = 0, heads = 0, count = 0, size = 0] = given.dims;
  if (length + count > capacity) throw new Error(`no room for ${count} tokens after ${length} of ${capacity}`);
  const from = given.data as Float32Array;
  const to = room.data as Float32Array;
  for (let row = 0; row < batch * heads; row += 1) {
    to.set(from.subarray(row * count * size, (row + 1) * count * size), (row * capacity + length) * size);
  }
}

/** Give back what a device holds; on the CPU the garbage collector does. */
export function forget(past: KeyValues | null): void {
  for (const { key, value } of past?.layers ?? []) {
    if (key.location === 'gpu-buffer') key.dispose();
    if (value.location === 'gpu-buffer') value.dispose();
  }
}

/** [B or 1, 1, S, T], zero where a slot looks. */
function maskTensor({ batch, length, mask }: Pass, past: KeyValues, window: number | null): Tensor {
  const total = past.capacity + length;
  const rows = mask.isShared ? 1 : batch;
  const data = new Float32Array(rows * length * total).fill(MASKED);
  for (let b = 0; b < rows; b += 1) {
    for (let s = 0; s < length; s += 1) {
      const at = (b * length + s) * total;
      for (const t of mask.visible(b, s, window)) data[at + placeOf(t, past)] = 0;
    }
  }
  return tensor.float32(data, [rows, 1, length, total]);
}

/** Where a key is: new ones lie behind the room of the past. */
function placeOf(t: number, past: KeyValues): number {
  return t < past.length ? t : t - past.length + past.capacity;
}

/** [B, heads, 1, T]: slope · position, in bfloat16 as Falcon's own code has it, then scaled. */
function alibiTensor({ batch, length, mask }: Pass, past: KeyValues, slopes: readonly number[], scale: number): Tensor {
  const total = past.capacity + length;
  const data = new Float32Array(batch * slopes.length * total);
  for (let b = 0; b < batch; b += 1) {
    for (const [head, slope] of slopes.entries()) {
      for (let t = 0; t < past.length + length; t += 1) {
        const position = mask.keyPosition(b, t) ?? 0;
        data[(b * slopes.length + head) * total + placeOf(t, past)] = toBfloat16(toBfloat16(slope) * position) * scale;
      }
    }
  }
  return tensor.float32(data, [batch, slopes.length, 1, total]);
}

const BITS = new DataView(new ArrayBuffer(4));

/** Round to bfloat16, ties to even. */
function toBfloat16(value: number): number {
  BITS.setFloat32(0, value);
  const bits = BITS.getUint32(0);
  const rounded = bits + 0x7fff + ((bits >>> 16) & 1);
  BITS.setUint32(0, (rounded & 0xffff0000) >>> 0);
  return BITS.getFloat32(0);
}
