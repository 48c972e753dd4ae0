import {
  type Adapter,
  areExpertFactorsTurned,
  type ExpertLayer,
  expertModule,
  loraFactors,
  loraFeatures,
  type StackedModule,
} from '@shadow-gate/checkpoints/adapter';
import { MAX_EXPERTS } from '@shadow-gate/checkpoints/config';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import {
  fusedLayout,
  listMatrices,
  type Matrix,
  type MatrixContext,
  refuseTiny,
} from '@shadow-gate/checkpoints/matrices';
import { type ModelKind, type ModuleType, tensorPlace } from '@shadow-gate/checkpoints/naming';
import type { OutputSlice } from '@shadow-gate/checkpoints/tensors';
import { UserError } from '@shadow-gate/platform';
import type { LoraUpdate } from './lora-spectrum.ts';
import type { SpectrumTarget } from './target.ts';

/** An adapter and its base model. */
interface Base {
  readonly adapter: Adapter;
  readonly model: MatrixContext & ModelKind;
  readonly reference: FullCheckpoint | null;
}

/**
 * The updates of each layer's experts. The base model may store an update's transpose, which has the same spectrum.
 * @throws UserError for a base model with other experts, and for more experts than any model has
 */
export function expertUpdateTargets(modules: readonly StackedModule[], base: Base): SpectrumTarget[] {
  refuseMany(modules, base);
  const stored = base.reference && modules.length > 0 ? expertsOf(base.reference) : null;
  const layers = modules.flatMap((module) => layerOf(module, base, stored) ?? []);
  const turned = areExpertFactorsTurned(base.adapter, layers, base.model.architecture.layoutType);
  return modules.flatMap((module) => updatesOf(module, base, { stored, turned }));
}

/** Modules of a fused matrix of experts. */
export const GATE_AND_UP: readonly ModuleType[] = ['gate_proj', 'up_proj'];

/** The features of the experts of a layer; null if the base model does not tell them. */
function layerOf(module: StackedModule, { model }: Base, stored: Experts | null): ExpertLayer | null {
  const { layer, module: type } = tensorPlace(module.target, model);
  const types = type === 'other' ? GATE_AND_UP : [type];
  if (stored !== null) {
    const [first, ...others] = types.map((part) => stored.get(expertKey(layer, 0, part)));
    if (!first) return null;
    const [input, output] = matrixFeatures(first);
    const width = others.reduce((sum, part) => sum + (part ? matrixFeatures(part)[1] : 0), output);
    return { module, input, output: width };
  }
  const { hiddenSize } = model.architecture;
  const { input, output } = loraFeatures(module);
  if (hiddenSize === null) return null;
  const other = input === hiddenSize ? output : input;
  return type === 'down_proj'
    ? { module, input: other, output: hiddenSize }
    : { module, input: hiddenSize, output: other };
}

export function matrixFeatures({ view: { shape }, inputFirst }: Matrix): readonly [input: number, output: number] {
  return inputFirst ? shape : [shape[1], shape[0]];
}

function refuseMany(modules: readonly StackedModule[], { adapter: { path } }: Base): void {
  const [first] = modules;
  if (first === undefined) return;
  const many = modules.find(({ experts }) => experts > MAX_EXPERTS);
  if (many) {
    throw new UserError(
      `${path}: ${JSON.stringify(many.target)} has factors of ${many.experts} experts, more than ${MAX_EXPERTS}`,
      'check the rank in adapter_config.json',
    );
  }
  const numbersOf = (module: StackedModule) =>
    module.experts * loraFeatures(module).input * loraFeatures(module).output;
  refuseTiny({
    name: first.target,
    count: modules.reduce((sum, { experts }) => sum + experts, 0),
    parameters: modules.reduce((sum, module) => sum + numbersOf(module), 0),
  });
}

type Experts = ReadonlyMap<string, Matrix>;

export const expertKey = (layer: number | null, expert: number, module: ModuleType) => `${layer} ${expert} ${module}`;

/** The matrices of all experts, stored in stacks or one by one. */
export function expertsOf(reference: FullCheckpoint): Experts {
  const experts = new Map<string, Matrix>();
  for (const matrix of listMatrices(reference).matrices) {
    const { layer, expert, module } = matrix.place;
    if (expert !== null) experts.set(expertKey(layer, expert, module), matrix);
  }
  return experts;
}

interface Part extends OutputSlice {
  readonly label: string;
  readonly module: ModuleType;
  readonly note?: string;
}

function updatesOf(
  module: StackedModule,
  base: Base,
  { stored, turned }: { readonly stored: Experts | null; readonly turned: boolean },
): SpectrumTarget[] {
  const { target, experts } = module;
  const place = tensorPlace(target, base.model);
  const { input, output } = loraFeatures(module);
  const features = turned ? { input: output, output: input } : { input, output };
  const parts = partsOf(target, base.model, { whole: place.module, ...features });
  return Array.from({ length: experts }, (_, expert) => expert).flatMap((expert) =>
    parts.map((part): SpectrumTarget => {
      const original = stored === null ? null : (stored.get(expertKey(place.layer, expert, part.module)) ?? null);
      const own = expertModule(module, expert, { part, turned, transposed: false });
      const { a, b } = loraFactors(own);
      const update: LoraUpdate = { module: own, b, base: original };
      const shape = [b.shape[0], a.shape[1]] as const;
      if (stored !== null) expectBase(module, base, { original, shape, name: `expert ${expert} ${part.module}` });
      return {
        kind: 'lora',
        of: 'delta',
        name: original?.name ?? `${target}[expert ${expert}]${part.label}`,
        place: { ...place, module: part.module, expert },
        shape,
        note: part.note,
        update,
      };
    }),
  );
}

/** The parts of each expert's matrix: gate and up, or all of it. */
function partsOf(
  target: string,
  { architecture }: MatrixContext,
  { whole, input, output }: { readonly whole: ModuleType; readonly input: number; readonly output: number },
): readonly Part[] {
  const all = { outDims: [output], slice: { axis: 0, start: 0, end: output }, label: '', module: whole };
  // Alternating in gpt-oss, one half after the other elsewhere.
  if (architecture.layoutType === null && whole === 'other')
    return [{ ...all, note: 'fused and not split: config.json of the base model is needed' }];
  const layout = fusedLayout(target, { output, input, architecture, attentionInput: null });
  if (layout === null) return [all];
  if ('unknown' in layout) return [{ ...all, note: `fused and not split: ${layout.unknown}` }];
  return layout.parts.map((part) => ({ ...part, label: `[${part.label}]` }));
}

function expectBase(
  { target }: StackedModule,
  { adapter: { path }, reference }: Base,
  { original, shape, name }: { original: Matrix | null; shape: readonly [number, number]; name: string },
): void {
  const stored = original?.view.shape.join(' × ');
  if (stored === shape.join(' × ') || stored === [...shape].reverse().join(' × ')) return;
  throw new UserError(
    `${path}: ${JSON.stringify(target)} updates ${name} with ${shape.join(' × ')} numbers, and the reference ${reference?.path} has ${stored ?? 'none'}`,
    'use the base model that the adapter was trained on',
  );
}
