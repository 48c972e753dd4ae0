import type { AltUp, AltUpBlock, Laurel } from './altup.ts';
import type { Compressed, TokenEntries } from './compressed.ts';
import type { BlockExchanges, HyperConnections } from './hyper-connections.ts';
import type { HyperBlock, HyperStreams } from './manifold-connections.ts';
import type { Activation, Linear, Norm } from './parts.ts';
import type { PerLayerEmbeddings, PerLayerInput } from './per-layer-embeddings.ts';
import type { Recurrent } from './recurrent.ts';
import type { Router } from './router.ts';

export type { Activation, Linear, Norm } from './parts.ts';
export type { Router, RouterGroups, Sparsemixer } from './router.ts';

/**
 * A decoder-only language model, described from its config: families make it, the graph builder reads it. Module names
 * are relative to the backbone (the part under `model.` or `transformer.`).
 */
export interface Decoder {
  readonly vocabulary: number;
  readonly hidden: number;
  /** Longest sequence, in tokens. */
  readonly maxLength: number;
  readonly embeddings: string;
  readonly embeddingScale: number;
  /**
   * For embeddings and an output layer of another size than the stream: it begins with input(embedding), and the output
   * layer gets output(finalNorm(stream)).
   */
  readonly projected?: { readonly input: Linear; readonly output: Linear };
  /** Norm of the embeddings; none if missing. */
  readonly embeddingNorm?: Norm;
  /** Learned absolute positions [offset + maxLength, hidden]: the first is in row `offset`. */
  readonly positions: { readonly module: string; readonly offset: number } | null;
  /** Embeddings for each layer (Gemma 3n, Gemma 4). */
  readonly perLayerEmbeddings?: PerLayerEmbeddings;
  /** Several hidden states for each token (Gemma 3n); one if missing. */
  readonly altUp?: AltUp;
  /** Several residual streams for each token (Qwen 4); one if missing. */
  readonly hyperConnections?: HyperConnections;
  /** Several streams for each token (DeepSeek-V4); one if missing. */
  readonly hyper?: HyperStreams;
  readonly layers: readonly Layer[];
  /** Null for no norm, or if the hidden state is mixed from several streams. */
  readonly finalNorm: Norm | null;
  readonly head: Head;
  /** Names of its modules in files, the most common first. */
  readonly namings: readonly ModuleNaming[];
  /** Parts of names in files in place of the decoder's own, which are those in memory. */
  readonly fileNames?: readonly { readonly own: string; readonly file: string }[];
  /** Modules and tensors of layers that files and adapters can have and the model does not use. */
  readonly spare?: readonly string[];
}

/** The prefix of the backbone's modules (empty, or ending with a dot) and the name of the output layer. */
export interface ModuleNaming {
  readonly backbone: string;
  readonly head: string;
}

interface Head {
  /** The embeddings are the output layer, unless the file has one. */
  readonly tied: boolean;
  /** Logits are multiplied by this. */
  readonly scale: number;
  /** c in c·tanh(x / c) of the logits. */
  readonly softcap: number | null;
  readonly bias?: boolean;
}

/**
 * One block. Sequential: h += scale·mixer(norm(h)), then h += scale·mlp(norm(h)). Normed: h = norm(h), then h +=
 * scale·mixer(h); the same with the MLP. Parallel: h += mixer(norm(h)) + mlp(norm(h)), both from one h.
 */
export interface Layer {
  /** Mixes in earlier tokens. Null: only an MLP. */
  readonly mixer: Mixer | null;
  readonly mlp: Mlp | null;
  readonly residual: 'sequential' | 'normed' | 'parallel';
  readonly residualScale: number;
  readonly attentionNorm: Norm | null;
  /** Applied to the mixer's output before it is added. */
  readonly attentionOutputNorm: Norm | null;
  /** Before the MLP; 'attention': the output of `attentionNorm`. */
  readonly mlpNorm: Norm | null | 'attention';
  readonly mlpOutputNorm: Norm | null;
  /** Experts in parallel with the MLP of a sequential block. */
  readonly beside?: ExpertsBeside;
  /** In parallel with attention. */
  readonly laurel?: Laurel;
  /** How the block computes one of several hidden states. */
  readonly altUp?: AltUpBlock;
  /** How both halves read and write several residual streams. */
  readonly hyperConnections?: BlockExchanges;
  /** How the block takes one stream from several and gives one back. */
  readonly hyper?: HyperBlock;
  /**
   * Adds the token's embedding for this layer after the MLP. With several hidden states, the computed one gates it, and
   * it is added to the others.
   */
  readonly perLayerInput?: PerLayerInput;
  /** A tensor [1] that multiplies the stream at the end of the block (Gemma 4). */
  readonly scalar?: string;
}

/**
 * With x the stream before the MLP's norm, the MLP half gives mlpOwnNorm(mlp) + outputNorm(experts(norm(x))), before
 * `mlpOutputNorm`; the router sees x (Gemma 4).
 */
export interface ExpertsBeside {
  readonly experts: Experts;
  readonly norm: Norm;
  readonly outputNorm: Norm;
  readonly mlpOwnNorm: Norm;
}

export type Mixer = SingleMixer | ParallelMixers;
export type SingleMixer = Attention | Recurrent;

/** The sum over several mixers of outputScale·mixer(inputScale·x), with the same x (Falcon-H1, arXiv 2507.22448). */
export interface ParallelMixers {
  readonly kind: 'parallel';
  readonly branches: ReadonlyArray<{
    readonly mixer: SingleMixer;
    readonly inputScale: number;
    readonly outputScale: number;
  }>;
}

/** The positions that a query sees, itself included: this many, those of its chunk, or all before it (null). */
export type Window = number | Chunk | null;

/** Positions per chunk (Llama 4). */
export interface Chunk {
  readonly chunk: number;
}

export interface Attention {
  readonly kind: 'attention';
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Dimensions of each head's queries and keys. */
  readonly headDim: number;
  /** Dimensions of each head's values; in compressed attention, of what is kept for entries. */
  readonly valueDim: number;
  readonly projections: Projections;
  readonly output: Linear;
  /** Factor of query-key products, before softcap and mask. */
  readonly scale: number;
  readonly softcap: number | null;
  readonly window: Window;
  /** Null: no rotary positions. */
  readonly rope: Rope | null;
  /** Biases that fall linearly with the distance (Press et al. 2022, arXiv 2108.12409). */
  readonly alibi: Alibi | null;
  readonly queryNorm: HeadNorm | null;
  readonly keyNorm: HeadNorm | null;
  readonly valueNorm: HeadNorm | null;
  readonly headNorms: 'before rope' | 'after rope';
  /** Queries and keys (before their rotation) and values are clipped to ±clip (OLMoE). */
  readonly clip?: number;
  readonly temperature: Temperature | null;
  /** A tensor [heads] of logits in the softmax that carry no value (arXiv 2309.17453, gpt-oss). */
  readonly sinks: string | null;
  /**
   * The sigmoid of these features multiplies the heads' output. `query`: the second half of each head's queries,
   * [heads, 2·headDim] (Qwen 3.5). Or a layer to [heads, valueDim] (AFMoE), or to [heads] (LFM3).
   */
  readonly outputGate: 'query' | Linear | null;
  /** Tensors for texts longer than the decoder's. */
  readonly forLonger?: ReadonlyArray<{ readonly tensor: string; readonly shape: readonly number[] }>;
}

/**
 * Three layers, or two, with keys before norm and rotation as values; or one layer whose output is viewed as [groups, q
 * + k + v, headDim] and split along the middle; or keys and values from a latent vector for all heads (multi-head
 * latent attention, DeepSeek-V2, arXiv 2405.04434); or only queries, with keys and values of an earlier layer (Brandon
 * et al. 2024, arXiv 2405.12981).
 */
export type Projections =
  | { readonly kind: 'separate'; readonly query: Linear; readonly key: Linear; readonly value: Linear | 'key' }
  | { readonly kind: 'shared'; readonly query: Linear; readonly layer: number }
  | {
      readonly kind: 'fused';
      readonly linear: Linear;
      readonly groups: number;
      readonly split: readonly [query: number, key: number, value: number];
    }
  | Latent
  | Compressed;

export interface Latent {
  readonly kind: 'latent';
  /** To [heads, headDim], the last `ropeDim` of each head rotated: one layer, or two with a norm in between. */
  readonly query: { readonly down: Linear; readonly norm: Norm; readonly up: Linear } | { readonly up: Linear };
  /** To the latent vector, followed by the `ropeDim` rotated dimensions of all heads' keys. */
  readonly compress: Linear;
  /** Norm of the latent vector. */
  readonly norm: Norm;
  /** To [heads, headDim − ropeDim + valueDim]: the other dimensions of each key, then the value. */
  readonly expand: Linear;
  readonly ropeDim: number;
}

/** Queries at position p are multiplied by 1 + scale · ln(1 + ⌊(p + offset) / length⌋) (Llama 4, Ministral 3). */
export interface Temperature {
  readonly scale: number;
  readonly length: number;
  readonly offset: 0 | 1;
}

/** Added to the scores: scale · slope · position of the key. */
export interface Alibi {
  /** One per head. */
  readonly slopes: readonly number[];
  readonly scale: number;
  /** Slopes and their products with positions are rounded to this before they are scaled. */
  readonly rounding: 'bfloat16' | 'float32';
}

/**
 * A norm of queries or keys: over each head with one weight, over all heads at once, or over each head with its own
 * weight, from a tensor per head or from one tensor [heads, headDim].
 */
export type HeadNorm =
  | { readonly over: 'head'; readonly norm: Norm }
  | { readonly over: 'all'; readonly norm: Norm }
  | { readonly over: 'each-head'; readonly norms: readonly Norm[] }
  | { readonly over: 'each-head, stacked'; readonly norm: Norm };

export type Mlp =
  | {
      readonly kind: 'gated';
      readonly gate: Linear;
      readonly up: Linear;
      readonly down: Linear;
      readonly activation: Activation | ClampedSwiglu;
      /** Gates g become max(0, g − mean − cutoff · standard deviation) before the activation: most are 0 (Gemma 3n). */
      readonly cutoff?: number;
      /** Factors of the gates before the activation, and of the output (Falcon-H1). */
      readonly scales?: { readonly gate: number; readonly output: number };
    }
  | {
      /** One matrix, gate rows first. */
      readonly kind: 'gated-fused';
      readonly gateUp: Linear;
      readonly down: Linear;
      readonly activation: Activation;
    }
  | { readonly kind: 'plain'; readonly up: Linear; readonly down: Linear; readonly activation: Activation | Xielu }
  | Experts;

/** Mixture of experts: a router chooses the best few for each token, and their outputs are weighted and added. */
export interface Experts {
  readonly kind: 'experts';
  readonly router: Router;
  readonly count: number;
  readonly perToken: number;
  readonly activation: Activation | ClampedSwiglu;
  readonly expert: (index: number) => Expert;
  /** The experts stacked in two tensors; null if no file of the family does that. */
  readonly stacked: StackedExperts | null;
  /** A token's weights multiply the input of its experts (Llama 4), not their output. */
  readonly scales?: 'input';
  /** Computed for every token and added. */
  readonly shared: SharedExpert | null;
  /** The experts see down(x), a smaller vector than the router, and their sum goes through up. Null: they see x. */
  readonly latent: { readonly down: Linear; readonly up: Linear } | null;
}

interface Expert {
  /** Null: the expert is down(activation(up(x))). */
  readonly gate: Linear | null;
  readonly up: Linear;
  readonly down: Linear;
}

export interface StackedExperts {
  readonly gateUp: string;
  readonly down: string;
  /** Other names of the two tensors. */
  readonly alias?: { readonly gateUp: string; readonly down: string };
  /**
   * - `output-first`: tensors [count, 2·width, hidden] (gate rows first) and [count, hidden, width];
   * - `input-first`: tensors [count, hidden, 2·width] (gate columns first) and [count, width, hidden];
   * - `input-first, alternating`: the same with gate and up columns alternating;
   * - `by shape`: one of the first two, as the shapes of the tensors say.
   */
  readonly layout: 'output-first' | 'input-first' | 'input-first, alternating' | 'by shape';
  /** Tensors [count, 2·width], in the order of `gateUp`, and [count, hidden], or null. */
  readonly biases: { readonly gateUp: string; readonly down: string } | null;
}

/** (min(up, limit) above −limit, + added) · g · σ(alpha · g), g = min(gate, limit): gpt-oss (arXiv 2508.10925). */
export interface ClampedSwiglu {
  readonly kind: 'clamped-swiglu';
  readonly alpha: number;
  readonly limit: number;
  readonly added: 0 | 1;
}

/**
 * xIELU (Huang & Schlag 2024, arXiv 2411.13010), with a = softplus(`<module>.alpha_p`) and b = β +
 * softplus(`<module>.alpha_n`), each [1]: a·x² + β·x above 0, b·(exp(min(x, ε)) − 1 − x) + β·x elsewhere. β and ε are
 * `<module>.beta` and `<module>.eps`, [] or [1].
 */
export interface Xielu {
  readonly kind: 'xielu';
  readonly module: string;
}

export interface SharedExpert {
  readonly mlp: Exclude<Mlp, Experts>;
  /** The sigmoid of this layer [1, hidden] multiplies its output (Qwen 2 MoE), or null. */
  readonly gate: Linear | null;
}

export interface Rope {
  /** Dimensions of a head that are rotated; the others pass through. */
  readonly dim: number;
  /** [dim / 2], in radians per token. */
  readonly frequencies: readonly number[];
  /** Factor of cosines and sines (YaRN, LongRoPE). */
  readonly magnitude: number;
  /** Used for sequences of more than `above` tokens (LongRoPE). */
  readonly long: { readonly above: number; readonly frequencies: readonly number[]; readonly magnitude: number } | null;
  /** Factor for sequences longer than the decoder's, which are not run here. */
  readonly beyond?: number;
  /** Pairs are neighbors (2i, 2i + 1), as in the paper, not (i, i + dim / 2). */
  readonly interleaved: boolean;
  /** The last dimensions of a head are rotated, not the first. */
  readonly isLast?: true;
}

/** Hidden states of a token; null for one, without an axis for them. */
export function stateCount({ altUp, hyper }: Pick<Decoder, 'altUp' | 'hyper'>): number | null {
  return altUp?.count ?? hyper?.head.count ?? null;
}

export function choosesByToken({ mlp }: Pick<Layer, 'mlp'>): boolean {
  return mlp?.kind === 'experts' && mlp.router.byToken !== undefined;
}

/** The input size of the output layer. */
export function outputSize({ hidden, projected }: Pick<Decoder, 'hidden' | 'projected'>): number {
  return projected?.output.output ?? hidden;
}

export function mixersOf({ mixer }: Pick<Layer, 'mixer'>): readonly SingleMixer[] {
  if (mixer === null) return [];
  return mixer.kind === 'parallel' ? mixer.branches.map((branch) => branch.mixer) : [mixer];
}

export function entriesIn(projections: Projections): TokenEntries | null {
  return projections.kind === 'compressed' ? projections.entries : null;
}

export function attentionMixers({ layers }: Pick<Decoder, 'layers'>): Attention[] {
  return layers.flatMap(mixersOf).filter((mixer) => mixer.kind === 'attention');
}

/** Does the layer have its own keys and values? If not, it keeps none for later tokens. */
export function hasOwnKeys({ projections }: Attention): boolean {
  return projections.kind !== 'shared';
}

/**
 * Layers before the final run of layers that reuse earlier keys and values. No other token sees their results, so only
 * tokens whose hidden state is returned need to go through them.
 */
export function layersBeforeLate({ layers }: Pick<Decoder, 'layers'>): number {
  const isLate = ({ mixer }: Layer) => mixer?.kind === 'attention' && !hasOwnKeys(mixer) && mixer.alibi === null;
  return layers.findLastIndex((layer) => !isLate(layer)) + 1;
}

export function recurrentMixers({ layers }: Pick<Decoder, 'layers'>): Recurrent[] {
  return layers.flatMap(mixersOf).filter((mixer) => mixer.kind !== 'attention');
}
