import { validate } from '@shadow-gate/platform/json';
import type { z } from 'zod';
import type { TensorEntry, TensorRecipe, Tensors } from '../../tensors/tensor-entry.ts';
import type { BlockSizes } from './tables.ts';

export type ConfigSection = Readonly<Record<string, unknown>>;

export interface QuantizedWeight {
  /** As in the unquantized model. */
  readonly name: string;
  readonly format: string;
  readonly shape: readonly number[];
  /** Its `stored` tensors are not weights by themselves. */
  readonly recipe: TensorRecipe;
}

export interface Scheme {
  /** `codes`: integers or 8-bit floats of the shape of the weight. */
  readonly layout: 'packed' | 'codes' | 'nvfp4' | 'mxfp4' | 'mxfp8';
  readonly isFloat: boolean;
  readonly bits: number;
  readonly isSymmetric: boolean;
  /** Whether the order of columns changes. */
  readonly isOrdered: boolean;
  /** Sizes of the blocks that share a scale. */
  readonly blocks: (shape: readonly number[]) => BlockSizes;
}

export interface GptqSettings {
  readonly bits: number | null;
  /** -1: one group. */
  readonly groupSize: number | null;
  /** Without these flags, programs skip stored zeros, or the order of the columns. */
  readonly isSymmetric: boolean;
  readonly isOrdered: boolean;
}

/** A checkpoint's contents other than the headers of its tensors. */
export interface TensorSource {
  /** Fetch small tensors before they are read: together, since each is a request to a hub. */
  readonly fetch: (entries: readonly TensorEntry[]) => Promise<void>;
  readonly read: (entry: TensorEntry) => Promise<Buffer>;
  readonly metadata: (file: string) => Promise<Readonly<Record<string, string>>>;
  /** All of config.json; empty if missing. */
  readonly config: ConfigSection;
  /** compressed-tensors' scheme for a module: null if it is not read, undefined if there is none. */
  readonly scheme: (module: string) => Scheme | null | undefined;
  readonly gptq: (module: string) => GptqSettings | null;
}

export interface QuantizedFormat {
  /** Methods with this format, as named in config.json. Missing: any, since the tensors leave no doubt. */
  readonly methods?: readonly string[];
  /** Are the weights of GPT-2's Conv1D [in, out] in the model and [out, in] in this format? */
  readonly turnsConv1d?: true;
  /**
   * Find the weights of this format. Those that cannot be read exactly are left out, and refused later
   * (quantization.ts).
   * @param config of the quantization (settings.ts); empty if missing
   */
  find(tensors: Tensors, config: ConfigSection, source: TensorSource): Promise<QuantizedWeight[]>;
}

/** A text in a file of weights, as JSON; null if it is not valid. */
export function parsedText<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    const parsed = validate(schema, JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
