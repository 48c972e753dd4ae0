import type { Decoder } from '../architectures/decoder.ts';
import type { HeldWeights } from '../architectures/held-tensors.ts';
import type { Weights } from '../architectures/weights.ts';
import { type ScoringStep, stepPasses, stepTokens } from './schedule.ts';

/**
 * Can a CPU leave the weights of layers as stored, to save memory? Not with experts: they are multiplied by an operator
 * that takes float32, because separate operators for each take minutes to plan.
 */
export function canStayStored(decoder: Pick<Decoder, 'layers'>, weights: Pick<Weights, 'canStayStored'>): boolean {
  const hasExperts = decoder.layers.some(({ mlp, beside }) => mlp?.kind === 'experts' || beside !== undefined);
  return !hasExperts && weights.canStayStored;
}

/** The work of some calls: runs of the layers, and their tokens. */
export interface Work {
  readonly passes: number;
  readonly tokens: number;
}

export function scoringWork(steps: readonly ScoringStep[]): Work {
  return {
    passes: steps.reduce((sum, step) => sum + stepPasses(step), 0),
    tokens: steps.reduce((sum, step) => sum + stepTokens(step), 0),
  };
}

export function addWork(a: Work, b: Work): Work {
  return { passes: a.passes + b.passes, tokens: a.tokens + b.tokens };
}

/**
 * With this many tokens in a pass, expanding all weights, and products with unpacked matrices, take at most a seventh
 * of the time: an eighth for 1,024 tokens, a sixth for 512, on 2 cores with SmolLM2-135M.
 */
const TOKENS_OF_PASS = 700;

/**
 * Converting and packing all weights once costs as much as this many passes lose by expanding them: 14 s, against 1.2 s
 * to 2.3 s for 256 to 640 tokens, with Qwen2.5-Coder 1.5B.
 */
const PASSES_OF_CONVERSION = 8;

/** Is the work as fast, or up to a seventh slower if that saves memory, with 16-bit weights expanded in each pass? */
export function isFastAsStored({ passes, tokens }: Work, savesMemory: boolean): boolean {
  return passes <= PASSES_OF_CONVERSION + (savesMemory ? tokens / TOKENS_OF_PASS : 0);
}

export interface HeldModelWeights {
  readonly backbone: HeldWeights;
  readonly head: HeldWeights;
}

/** Limits of how weights are held: all in one way, or which can stay as stored for scores. */
export interface HeldLimits {
  readonly all: HeldWeights | null;
  readonly backboneStays: boolean;
  /** See `MemoryPlan`. */
  readonly savesMemory: boolean;
}

/**
 * Whether to keep 16-bit weights as stored or convert them, on a CPU. Decoding reads all weights for each token, which
 * takes up to twice as long if they are expanded each time: it uses float32. Scores keep the output matrix as stored,
 * since hundreds of rows go through it together, and the layers too if their passes are large. Weights in float32 stay
 * so: results of later calls then do not depend on calls in between.
 */
export class HeldChoice {
  readonly #limits: HeldLimits;
  #current: HeldModelWeights;
  #isConverted: boolean;
  #generates = false;
  #announced: HeldWeights | null = null;

  constructor(limits: HeldLimits) {
    this.#limits = limits;
    this.#isConverted = !limits.backboneStays;
    const { all } = limits;
    this.#current = { backbone: all ?? 'float32', head: all ?? 'float32' };
  }

  /** How the last call held the weights. */
  get current(): HeldModelWeights {
    return this.#current;
  }

  /** Do the calls decide how the layers are held? */
  get isOpen(): boolean {
    return this.#limits.all === null && !this.#isConverted;
  }

  /** From now on, weights are held to suit all announced calls together. */
  announce(work: Work): HeldModelWeights {
    this.#announced = null;
    const held = this.forScores(work);
    this.#announced = held.backbone;
    return held;
  }

  forScores(work: Work): HeldModelWeights {
    const { all } = this.#limits;
    if (all !== null) return this.#set({ backbone: all, head: all });
    const stays =
      this.#announced === null ? isFastAsStored(work, this.#limits.savesMemory) : this.#announced === 'as-stored';
    if (!stays) this.#isConverted = true;
    return this.#set({
      backbone: this.#isConverted ? 'float32' : 'as-stored',
      head: this.#generates ? 'float32' : 'as-stored',
    });
  }

  forGenerating(): HeldModelWeights {
    this.#isConverted = true;
    this.#generates = true;
    const held = this.#limits.all ?? 'float32';
    return this.#set({ backbone: held, head: held });
  }

  #set(held: HeldModelWeights): HeldModelWeights {
    this.#current = held;
    return held;
  }
}
