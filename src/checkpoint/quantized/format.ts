import type { Recipe, TensorEntry } from '../types.ts';

export type Tensors = ReadonlyMap<string, TensorEntry>;
export type Section = Readonly<Record<string, unknown>>;

/** A weight that a file stores in a quantized format. */
export interface QuantizedWeight {
  /** The name that the weight would have unquantized. */
  readonly name: string;
  /** Name of its format, for people. */
  readonly format: string;
  readonly shape: readonly number[];
  /** Its `stored` are no weights of their own. */
  readonly recipe: Recipe;
}

export interface QuantizedFormat {
  /**
   * The weights of this format among the tensors of a checkpoint. What cannot be read exactly is not returned: it is refused
   * with the others (quantization.ts).
   * @param config its section about quantization; empty if there is none
   * @param read the bytes of a small tensor
   */
  find(tensors: Tensors, config: Section, read: (entry: TensorEntry) => Promise<Buffer>): Promise<QuantizedWeight[]>;
}

export function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number' && item > 0);
}

export function isSection(value: unknown): value is Section {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
