import { isObject } from '@shadow-gate/platform/json';
import type { TensorEntry, TensorRecipe, Tensors } from '../../tensors/tensor-entry.ts';
import type { BlockSizes } from './tables.ts';

export type ConfigSection = Readonly<Record<string, unknown>>;

/** A weight that a file stores in a quantized format. */
export interface QuantizedWeight {
  /** The name that the weight would have unquantized. */
  readonly name: string;
  /** Name of its format, for people. */
  readonly format: string;
  readonly shape: readonly number[];
  /** Its `stored` are no weights of their own. */
  readonly recipe: TensorRecipe;
}

/** How compressed-tensors says that the weight of a module is stored. */
export interface Scheme {
  /** `codes`: integers or 8-bit floats of the shape of the weight. */
  readonly layout: 'packed' | 'codes' | 'nvfp4' | 'mxfp4' | 'mxfp8';
  readonly isFloat: boolean;
  readonly bits: number;
  readonly isSymmetric: boolean;
  /** Are columns in another order? */
  readonly isOrdered: boolean;
  /** Sizes of the blocks that have a scale each. */
  readonly blocks: (shape: readonly number[]) => BlockSizes;
}

/** What GPTQ says of a module. */
export interface GptqSettings {
  readonly bits: number | null;
  /** -1: one group. */
  readonly groupSize: number | null;
  /** Programs skip the zeros that are stored, or the order of the columns, where these are not set. */
  readonly isSymmetric: boolean;
  readonly isOrdered: boolean;
}

/** What a format reads of a checkpoint in addition to the headers of its tensors. */
export interface TensorSource {
  /** Has small tensors on the disk before they are read: together, since each is a request to a hub. */
  readonly fetch: (entries: readonly TensorEntry[]) => Promise<void>;
  /** The bytes of a small tensor. */
  readonly read: (entry: TensorEntry) => Promise<Buffer>;
  /** The texts in the header of a file. */
  readonly metadata: (file: string) => Promise<Readonly<Record<string, string>>>;
  /** All of config.json; empty if there is none. */
  readonly config: ConfigSection;
  /** What compressed-tensors says of a module: null for what is not read, undefined if it says nothing. */
  readonly scheme: (module: string) => Scheme | null | undefined;
  /** What GPTQ and AutoRound say of a module. */
  readonly gptq: (module: string) => GptqSettings | null;
}

export interface QuantizedFormat {
  /** As config.json names the methods with this format. Missing: any, since the tensors leave no doubt. */
  readonly methods?: readonly string[];
  /** Are the weights of GPT-2's Conv1D, [in, out] in the model, [out, in] in this format? */
  readonly turnsConv1d?: true;
  /**
   * The weights of this format among a checkpoint's tensors. Those that cannot be read exactly are missing, and refused
   * later (quantization.ts). @param config of the quantization (settings.ts); empty if there is none
   */
  find(tensors: Tensors, config: ConfigSection, source: TensorSource): Promise<QuantizedWeight[]>;
}

export function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number' && item > 0);
}

/** The settings for weights in a config of compressed-tensors. */
export function weightSettings(section: ConfigSection): readonly ConfigSection[] {
  const groups = isObject(section.config_groups) ? Object.values(section.config_groups) : [];
  return groups.flatMap((group) => (isObject(group) && isObject(group.weights) ? [group.weights] : []));
}
