import type { Architecture } from '../config/architecture.ts';
import type { ModuleType } from '../naming/module-type.ts';
import type { OutputSlice } from '../tensors/matrix-view.ts';

export interface FusedPart extends OutputSlice {
  readonly label: 'q' | 'k' | 'v' | 'kv' | 'gate' | 'up' | MixerLabel;
  readonly module: ModuleType;
}

/** Names of the papers: gated delta rule, Mamba-2 and LFM2. */
type MixerLabel = 'a' | 'b' | 'z' | 'x' | 'B' | 'C' | 'dt';

export type FusedLayout = { readonly parts: readonly FusedPart[] } | { readonly unknown: string };

/** `input` and `output` are numbers of features. */
export interface FusedMatrix {
  readonly output: number;
  readonly input: number;
  readonly architecture: Architecture;
  /** Input features of the output projection in the same mixer (in attention, all query features), if known. */
  readonly attentionInput: number | null;
}
