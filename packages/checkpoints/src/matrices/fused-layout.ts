import type { Architecture } from '../config/architecture.ts';
import type { ModuleType } from '../naming/module-type.ts';
import type { OutputSlice } from '../tensors/matrix-view.ts';

/** One named part of a fused matrix. */
export interface FusedPart extends OutputSlice {
  readonly label: 'q' | 'k' | 'v' | 'kv' | 'gate' | 'up' | MixerLabel;
  readonly module: ModuleType;
}

/** Names of the papers: gated delta rule, Mamba-2 and LFM2. */
type MixerLabel = 'a' | 'b' | 'z' | 'x' | 'B' | 'C' | 'dt';

/** The parts of a fused matrix, or the reason that it cannot be split. */
export type FusedLayout = { readonly parts: readonly FusedPart[] } | { readonly unknown: string };

/** The facts that decide the layout of a fused matrix, together with its name. */
export interface FusedMatrix {
  /** Number of output features. */
  readonly output: number;
  /** Number of input features. */
  readonly input: number;
  readonly architecture: Architecture;
  /** Input features of the output projection in the same mixer (in attention, all query features), if known. */
  readonly attentionInput: number | null;
}
