import { type Checkpoint, fetchTensors } from '@shadow-gate/checkpoints';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { tensorPlace, tokenEmbedding } from '@shadow-gate/checkpoints/naming';
import { type Device, float64Output, runGraph } from '@shadow-gate/checkpoints/onnx';
import { ElementType, Graph, type Value } from '@shadow-gate/checkpoints/onnx/graph';
import { isReadable, type TensorEntry, tensorBlock } from '@shadow-gate/checkpoints/tensors';
import { at } from '@shadow-gate/platform';
import { CACHED_BYTES, eachStrip, loadFlat, loadMatrix } from '@shadow-gate/spectra';
import { roundNumber } from '../round.ts';
import type { LogitScale } from '../schema/behavior.ts';
import { ownHead, readableMatrices, type UsedWeights, weightsOf } from './vocabulary-matrices.ts';

/** The last norm of a decoder, outside of its layers, in the names of different families. */
const FINAL_NORM =
  /(^|\.)(norm|norm_f|ln_f|ln_final|final_norm|final_layer_norm|final_layernorm|embedding_norm|norm_out)\.(weight|w)$/;

const CPU: Device = { name: 'cpu', reason: 'one pass over one matrix' };

/** The digits that every machine agrees on, whatever its threads. */
const DIGITS = 8;

/**
 * How large logits are. If all of them shrink to a thousandth, no answer to multiple choice changes, and everything
 * that is sampled does. The number moves with the output embedding W [V, n], the factors g of the final norm and the
 * factor in config.json. An adapter inherits them from its base model unless it has its own; its low-rank update of the
 * output embedding is not part of it.
 * @param isOwn false for an output embedding that another machine reads
 */
export async function measureLogitScale(
  checkpoint: Checkpoint,
  base: FullCheckpoint | null,
  isOwn: (entry: TensorEntry) => boolean = () => true,
): Promise<LogitScale | null> {
  const weights = weightsOf(checkpoint, base);
  if (weights === null) return null;
  const head = ownHead(weights) ?? tokenEmbedding(readableMatrices(weights));
  if (head === null || !isOwn(head)) return null;
  const norm = findNorm(weights, head);
  const used = norm ? [head, norm] : [head];
  for (const owner of base && checkpoint.format === 'lora' ? [checkpoint, base] : [checkpoint]) {
    const stored = new Set(owner.tensors.values());
    const own = used.filter((entry) => stored.has(entry));
    await fetchTensors(owner, own);
  }
  const gains = norm && (await readGains(norm, weights));
  const axis = outputAxis(head, gains?.length ?? null);
  const energies = await featureEnergies(head, axis);
  const outputs = at(head.shape, axis);
  const multiplier = multiplierOf(weights.config);
  const logits = energies.reduce((sum, energy, i) => sum + energy * (gains ? at(gains, i) : 1) ** 2, 0);
  const total = energies.reduce((sum, energy) => sum + energy, 0);
  const scale: LogitScale = {
    head: { name: head.name, rms: round(Math.sqrt(total / head.size)) },
    norm: norm && gains && { name: norm.name, rms: round(rootMeanSquare(gains)) },
    multiplier,
    logits: round(Math.abs(multiplier) * Math.sqrt(logits / outputs)),
  };
  const hasNumbers = [scale.head.rms, scale.norm?.rms ?? 0, scale.logits, multiplier].every(Number.isFinite);
  // NaN and Inf in weights are findings of their own.
  return hasNumbers ? scale : null;
}

/** The final norm, if exactly one vector can be that. */
function findNorm({ tensors }: UsedWeights, { shape }: TensorEntry): TensorEntry | null {
  const norms = [...tensors.values()].filter((entry) => {
    const place = tensorPlace(entry.name, { multimodal: true });
    return (
      entry.shape.length === 1 &&
      shape.includes(entry.size) &&
      isReadable(entry) &&
      place.layer === null &&
      place.component === 'language' &&
      FINAL_NORM.test(entry.name)
    );
  });
  return norms.length === 1 ? at(norms, 0) : null;
}

/** The axis of the vocabulary: not the one that the norm has; without a norm, the longer one. */
function outputAxis({ shape }: TensorEntry, features: number | null): 0 | 1 {
  const [first, second] = [at(shape, 0), at(shape, 1)];
  return (features === null ? first >= second : second === features) ? 0 : 1;
}

/** Families that multiply by 1 + the stored weight. */
const PLUS_ONE = /^(gemma[23]?|recurrent_gemma|t5gemma|vaultgemma|qwen3_next|qwen3_5|nemotron)(_|$)/;

async function readGains(norm: TensorEntry, { config }: UsedWeights): Promise<readonly number[]> {
  const graph = new Graph();
  graph.output('values', loadFlat(graph, norm, 0, norm.size), ElementType.float64);
  const values = float64Output(await runGraph(graph, CPU), 'values');
  const text = textOf(config);
  const plus = PLUS_ONE.test(String(text.model_type ?? config.model_type ?? '')) ? 1 : 0;
  return Array.from(values, (value) => value + plus);
}

/** Elements of a quantized matrix expanded at once: they take several times their size. */
const EXPANDED_AT_ONCE = 2 ** 24;

/** Σ W² over the axis of outputs: one number per feature of the hidden state. */
async function featureEnergies(head: TensorEntry, axis: 0 | 1): Promise<readonly number[]> {
  const rows = at(head.shape, 0);
  const least = Math.ceil(head.size / EXPANDED_AT_ONCE);
  const count = Array.from({ length: 3 * least }, (_, i) => least + i).find((parts) => rows % parts === 0) ?? 1;
  if (!head.recipe?.block || axis === 1 || count === 1) return energiesOf(head, axis);
  let sums: readonly number[] = [];
  for (let i = 0; i < count; i++) {
    const energies = await energiesOf(tensorBlock(head, i, count), axis);
    sums = energies.map((energy, feature) => energy + (sums[feature] ?? 0));
  }
  return sums;
}

async function energiesOf(head: TensorEntry, axis: 0 | 1): Promise<readonly number[]> {
  const shape = [at(head.shape, 0), at(head.shape, 1)] as const;
  const graph = new Graph();
  const whole = loadMatrix(graph, { source: head, view: { dims: shape, slices: [], shape } });
  const sums: Value[] = [];
  const addStrip: Parameters<typeof eachStrip>[3] = (cut) => {
    const strip = graph.cast(cut(whole), ElementType.float64);
    const energy = graph.op('ReduceSumSquare', [strip, graph.constant([axis], 'int64')], { keepdims: 0 });
    sums.push(graph.sum([...sums.slice(-1), energy]));
    return sums.slice(-1);
  };
  eachStrip(graph, shape, axis, addStrip, CACHED_BYTES);
  graph.output('energies', at(sums, sums.length - 1), ElementType.float64);
  return Array.from(float64Output(await runGraph(graph, CPU), 'energies'));
}

/** Granite divides the logits, Cohere multiplies them; others have neither key. */
function multiplierOf(config: UsedWeights['config']): number {
  const { logits_scaling: divisor, logit_scale: factor }: UsedWeights['config'] = { ...textOf(config), ...config };
  return (typeof factor === 'number' ? factor : 1) / (typeof divisor === 'number' && divisor !== 0 ? divisor : 1);
}

/** The section about the language model in the config of a multimodal one. */
function textOf({ text_config: text }: UsedWeights['config']): UsedWeights['config'] {
  return typeof text === 'object' && text !== null ? (text as UsedWeights['config']) : {};
}

function rootMeanSquare(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

function round(value: number): number {
  return roundNumber(value, DIGITS);
}
