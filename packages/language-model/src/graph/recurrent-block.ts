import type { Value } from '@shadow-gate/checkpoints/onnx/graph';
import type { Convolution } from '../architectures/parts.ts';

/** A mixer in parts: what is computed for each slot alone, and what follows the sequences. */
export interface RecurrentBlock {
  readonly convolution: Convolution;
  /** [m, channels]. */
  readonly input: Value;
  /** Other values of each slot that `step` needs: [m, …]. */
  readonly beside: readonly Value[];
  /** The rows of a stage, from their convolved inputs [N, T, channels]. */
  readonly step: (given: StepInputs) => StepResult;
  /** Width of the output of `step`. */
  readonly width: number;
  /** From the outputs of all slots [m, width] to what the output projection takes. */
  readonly finish: (output: Value) => Value;
}

interface StepInputs {
  readonly convolved: Value;
  /** Each [N, T, …], zero in padding. */
  readonly beside: readonly Value[];
  readonly mask: Value;
  /** float32 [N, heads, rows, columns]; null: zeros. */
  readonly state: Value | null;
}

export interface StepResult {
  /** [N, T, width]. */
  readonly output: Value;
  readonly state: Value | null;
}
