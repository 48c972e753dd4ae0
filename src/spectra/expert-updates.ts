import { featuresOf } from '../checkpoint/adapter/factors.ts';
import { fusedLayout } from '../checkpoint/fused.ts';
import { listMatrices, MAX_EXPERTS, type ModelContext, refuseTiny } from '../checkpoint/list-matrices.ts';
import type { Matrix } from '../checkpoint/matrix.ts';
import { inBlock, type MatrixView, type OutputSlice, wholeMatrix } from '../checkpoint/matrix-view.ts';
import type { ModuleType } from '../checkpoint/module-type.ts';
import { type ModelKind, placeOf } from '../checkpoint/place.ts';
import type { FullCheckpoint, LoraModule } from '../checkpoint/types.ts';
import { UserError } from '../platform/user-error.ts';
import type { LoraUpdate } from './lora-spectrum.ts';
import type { Target } from './target.ts';

/** A module of an adapter that changes the weights of all experts of a layer (`target_parameters` of PEFT). */
export type StackedModule = LoraModule & { readonly experts: number };

export function isStacked(module: LoraModule): module is StackedModule {
  return module.experts !== undefined;
}

/** The base model of the adapter, as far as it is known. */
interface Base {
  readonly path: string;
  readonly model: ModelContext & ModelKind;
  readonly reference: FullCheckpoint | null;
}

/**
 * The updates of the experts of each layer: ΔW of expert e is scale·B[:, :, e]·A[e], with A as [experts, r, in] and B as
 * [out, r, experts] (PEFT 0.21, `ParamWrapper.get_delta_weight`). Its spectrum is that of its transpose, so that it makes no
 * difference which of the two the base model stores.
 * @throws UserError for a base model that has other experts, and for more experts than any model has
 */
export function expertUpdates(modules: readonly StackedModule[], base: Base): Target[] {
  refuseMany(modules, base);
  const stored = base.reference && modules.length > 0 ? expertsOf(base.reference) : null;
  return modules.flatMap((module) => updatesOf(module, base, stored));
}

function refuseMany(modules: readonly StackedModule[], { path }: Base): void {
  const [first] = modules;
  if (first === undefined) return;
  const many = modules.find(({ experts }) => experts > MAX_EXPERTS);
  if (many) {
    throw new UserError(
      `${path}: ${JSON.stringify(many.target)} has factors of ${many.experts} experts, more than ${MAX_EXPERTS}`,
      'check the rank in adapter_config.json',
    );
  }
  const numbersOf = (module: StackedModule) => module.experts * featuresOf(module).input * featuresOf(module).output;
  refuseTiny({
    name: first.target,
    count: modules.reduce((sum, { experts }) => sum + experts, 0),
    parameters: modules.reduce((sum, module) => sum + numbersOf(module), 0),
  });
}

type Experts = ReadonlyMap<string, Matrix>;

const keyOf = (layer: number | null, expert: number, module: ModuleType) => `${layer} ${expert} ${module}`;

/** The matrices of all experts, however the file stores them: stacked, or one by one. */
function expertsOf(reference: FullCheckpoint): Experts {
  const experts = new Map<string, Matrix>();
  for (const matrix of listMatrices(reference).matrices) {
    const { layer, expert, module } = matrix.place;
    if (expert !== null) experts.set(keyOf(layer, expert, module), matrix);
  }
  return experts;
}

interface Part extends OutputSlice {
  readonly label: string;
  readonly module: ModuleType;
  readonly note?: string;
}

function updatesOf(module: StackedModule, base: Base, stored: Experts | null): Target[] {
  const { target, rank, experts } = module;
  const place = placeOf(target, base.model);
  const parts = partsOf(module, base.model, place.module);
  const { input } = featuresOf(module);
  return Array.from({ length: experts }, (_, expert) => expert).flatMap((expert) =>
    parts.map((part): Target => {
      const original = stored === null ? null : (stored.get(keyOf(place.layer, expert, part.module)) ?? null);
      const update: LoraUpdate = {
        module: { ...module, transposed: false },
        a: inBlock(wholeMatrix([rank, input]), expert, experts),
        b: ofExpert(part, { expert, experts, rank }),
        base: original,
      };
      const shape = [update.b.shape[0], input] as const;
      if (stored !== null) expectBase(module, base, { original, shape, name: `expert ${expert} ${part.module}` });
      return {
        kind: 'lora',
        of: 'delta',
        name: original?.name ?? `${target}[expert ${expert}]${part.label}`,
        place: { ...place, module: part.module, expert },
        shape,
        ...(part.note === undefined ? {} : { note: part.note }),
        update,
      };
    }),
  );
}

/** The parts of each expert's matrix: gate and up, or all of it. */
function partsOf(module: StackedModule, { architecture }: ModelContext, whole: ModuleType): readonly Part[] {
  const { input, output } = featuresOf(module);
  const all = { outDims: [output], slice: { axis: 0, start: 0, end: output }, label: '', module: whole };
  // Alternating in gpt-oss, one half after the other elsewhere.
  if (architecture.layoutType === null && whole === 'other')
    return [{ ...all, note: 'fused and not split: config.json of the base model is needed' }];
  const layout = fusedLayout(module.target, { output, input, architecture, attentionInput: null });
  if (layout === null) return [all];
  if ('unknown' in layout) return [{ ...all, note: `fused and not split: ${layout.unknown}` }];
  return layout.parts.map((part) => ({ ...part, label: `[${part.label}]` }));
}

/** Rows of B [out, r · experts] that belong to a part, and the columns of one expert. */
function ofExpert(
  { outDims, slice }: OutputSlice,
  { expert, experts, rank }: { readonly expert: number; readonly experts: number; readonly rank: number },
): MatrixView {
  const rows = outDims.reduce((product, size) => product * size, 1);
  const kept = Math.ceil((slice.end - slice.start) / (slice.step ?? 1));
  const size = outDims[slice.axis] ?? rows;
  return {
    dims: [...outDims, rank, experts],
    slices: [slice, { axis: outDims.length + 1, start: expert, end: expert + 1 }],
    shape: [(rows / size) * kept, rank],
  };
}

function expectBase(
  { target }: StackedModule,
  { path, reference }: Base,
  found: { readonly original: Matrix | null; readonly shape: readonly [number, number]; readonly name: string },
): void {
  const { original, shape, name } = found;
  const stored = original?.view.shape.join(' × ');
  if (stored === shape.join(' × ') || stored === [...shape].reverse().join(' × ')) return;
  throw new UserError(
    `${path}: ${JSON.stringify(target)} updates ${name} with ${shape.join(' × ')} numbers, and the reference ${reference?.path} has ${stored ?? 'none'}`,
    'use the base model that the adapter was trained on',
  );
}
