import {
  type Adapter,
  areExpertFactorsTurned,
  type ExpertLayer,
  expertModule,
  type LoraModule,
  loraFeatures,
  type StackedModule,
} from '@shadow-gate/checkpoints/adapter';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { fusedLayout, type Matrix } from '@shadow-gate/checkpoints/matrices';
import { type ModuleType, tensorPlace } from '@shadow-gate/checkpoints/naming';
import type { OutputSlice } from '@shadow-gate/checkpoints/tensors';
import { expertKey, expertsOf, GATE_AND_UP, matrixFeatures } from '../expert-updates.ts';

/** A matrix of one expert that an adapter changes: in the checkpoint, in the reference, and its update. */
export interface ExpertWeight {
  /** In the checkpoint, else in the reference, else in the adapter. */
  readonly name: string;
  readonly merged: Matrix | null;
  readonly base: Matrix | null;
  readonly module: LoraModule;
}

/** The matrices that an adapter's stacks change (PEFT's `target_parameters`). Files store experts singly or stacked. */
export function expertWeights(
  adapter: Adapter,
  modules: readonly StackedModule[],
  sides: { readonly checkpoint: FullCheckpoint; readonly reference: FullCheckpoint },
): ExpertWeight[] {
  if (modules.length === 0) return [];
  const [checkpoint, reference] = [expertsOf(sides.checkpoint), expertsOf(sides.reference)];
  const { architecture } = sides.reference;
  const placed = modules.map((module) => ({ module, place: tensorPlace(module.target, sides.reference) }));
  const layers = placed.flatMap(({ module, place: { layer, module: type } }) => {
    const parts = (type === 'other' ? GATE_AND_UP : [type]).map((part) => reference.get(expertKey(layer, 0, part)));
    const [first] = parts;
    if (!first || parts.includes(undefined)) return [];
    const output = parts.reduce((sum, part) => sum + (part ? matrixFeatures(part)[1] : 0), 0);
    return [{ module, input: matrixFeatures(first)[0], output } satisfies ExpertLayer];
  });
  const turned = areExpertFactorsTurned(adapter, layers, architecture.layoutType);
  return placed.flatMap(({ module, place: { layer, module: type } }) => {
    const own = loraFeatures(module);
    const [input, output] = turned ? [own.output, own.input] : [own.input, own.output];
    const layout = fusedLayout(module.target, { output, input, architecture, attentionInput: null });
    const parts: readonly Part[] = layout && !('unknown' in layout) ? layout.parts : [{ module: type }];
    return Array.from({ length: module.experts }, (_, expert) => expert).flatMap((expert) =>
      parts.map((part): ExpertWeight => {
        const key = expertKey(layer, expert, part.module);
        const [merged, base] = [checkpoint.get(key) ?? null, reference.get(key) ?? null];
        const slice = 'slice' in part ? { part } : {};
        return {
          name: (merged ?? base)?.name ?? `${module.target}[expert ${expert}]`,
          merged,
          base,
          module: expertModule(module, expert, { ...slice, turned, transposed: (merged ?? base)?.inputFirst === true }),
        };
      }),
    );
  });
}

type Part = ({ readonly module: ModuleType } & OutputSlice) | { readonly module: ModuleType };
