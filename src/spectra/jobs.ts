import { isMeasuredDtype } from '../checkpoint/dtype.ts';
import { fusedLayout } from '../checkpoint/fused.ts';
import { attentionInput, listMatrices, type ModelContext } from '../checkpoint/list-matrices.ts';
import type { Matrix, Skipped } from '../checkpoint/matrix.ts';
import { outputPart, wholeMatrix } from '../checkpoint/matrix-view.ts';
import { BLOCK_MODULES, isMultimodalName, type Place, placeOf } from '../checkpoint/module-type.ts';
import type { Adapter, Checkpoint, FullCheckpoint, LoraModule, TensorEntry } from '../checkpoint/types.ts';
import { UserError } from '../platform/user-error.ts';
import type { MatrixSource } from './load-matrix.ts';
import { type LoraUpdate, updateShape } from './lora-spectrum.ts';

interface JobBase {
  readonly name: string;
  readonly place: Place;
  /** As stored. */
  readonly shape: readonly number[];
  readonly note?: string | undefined;
}

/** One spectrum to compute. */
export type Job = JobBase &
  (
    | { readonly kind: 'weight'; readonly of: 'weight'; readonly matrix: MatrixSource }
    | {
        readonly kind: 'difference';
        readonly of: 'delta';
        readonly matrix: MatrixSource;
        readonly reference: MatrixSource;
      }
    | { readonly kind: 'lora'; readonly of: 'delta'; readonly update: LoraUpdate }
  );

export interface Plan {
  readonly jobs: readonly Job[];
  /** Tensors without a spectrum, to be searched for NaN and Inf. */
  readonly vectors: readonly TensorEntry[];
  readonly skipped: readonly Skipped[];
  /** Matrices of the blocks that the reference has not, or in another shape. */
  readonly mismatched: readonly string[];
}

/**
 * What there is to measure: every weight W and, with a reference, every update ΔW.
 * @throws UserError if the reference cannot be the origin of this checkpoint
 */
export function planSpectra(checkpoint: Checkpoint, reference: FullCheckpoint | null): Plan {
  if (reference && (checkpoint.format === 'onnx') !== (reference.format === 'onnx')) {
    throw new UserError(
      `${checkpoint.path} and its reference ${reference.path} are of different formats: ONNX stores many weights transposed`,
      'export both the same way, or give both as safetensors',
    );
  }
  const plan = checkpoint.format === 'lora' ? planAdapter(checkpoint, reference) : planFull(checkpoint, reference);
  if (reference && !plan.jobs.some(({ of }) => of === 'delta')) {
    throw new UserError(
      `${reference.path} is not the reference of ${checkpoint.path}: no matrix has the same name and shape in both`,
      'give the base model that the checkpoint was trained from',
    );
  }
  return plan;
}

function planFull(checkpoint: FullCheckpoint, reference: FullCheckpoint | null): Plan {
  const { matrices, vectors, skipped } = listMatrices(checkpoint);
  const weights = matrices.map(weightJob);
  const { jobs, skipped: unmatched, mismatched } = differences(matrices, reference);
  return { jobs: [...weights, ...jobs], vectors, skipped: [...skipped, ...unmatched], mismatched };
}

function weightJob(matrix: Matrix): Job {
  return { kind: 'weight', of: 'weight', ...describe(matrix), matrix };
}

function describe({ name, place, view, source, note }: Matrix): JobBase {
  const shape = view.slices.length === 0 ? source.shape : view.shape;
  return { name, place, shape, note };
}

function differences(matrices: readonly Matrix[], reference: FullCheckpoint | null) {
  const jobs: Job[] = [];
  const skipped: Skipped[] = [];
  const mismatched: string[] = [];
  if (!reference) return { jobs, skipped, mismatched };
  const origins = new Map(listMatrices(reference).matrices.map((matrix) => [matrix.name, matrix]));
  const originName = matchNames(
    matrices.map(({ name }) => name),
    origins,
  );
  for (const matrix of matrices) {
    const origin = origins.get(originName(matrix.name));
    if (!origin) {
      skipped.push({ name: matrix.name, reason: 'ΔW: the reference does not have it' });
      if (isBlock(matrix)) mismatched.push(matrix.name);
      continue;
    }
    if (matrix.inputFirst !== origin.inputFirst) {
      skipped.push({ name: matrix.name, reason: 'ΔW: the reference stores it transposed' });
      if (isBlock(matrix)) mismatched.push(matrix.name);
      continue;
    }
    const [shape, originShape] = [matrix.view.shape, origin.view.shape].map((dimensions) => dimensions.join(', '));
    if (shape !== originShape) {
      skipped.push({ name: matrix.name, reason: `ΔW: shape [${shape}], in the reference [${originShape}]` });
      if (isBlock(matrix)) mismatched.push(matrix.name);
      continue;
    }
    jobs.push({ kind: 'difference', of: 'delta', ...describe(matrix), matrix, reference: origin });
  }
  return { jobs, skipped, mismatched };
}

/** Some checkpoints are saved from the whole model, some (GPT-2 on the hub) from the base inside it. */
const BASE_PREFIXES = ['transformer.', 'model.', 'gpt_neox.', 'language_model.'];

/** How the reference calls a tensor: the same, or, if none is called the same, with a base prefix more or less. */
function matchNames(names: readonly string[], origins: ReadonlyMap<string, unknown>): (name: string) => string {
  const ways: Array<(name: string) => string> = [
    (name) => name,
    ...BASE_PREFIXES.flatMap((prefix) => [
      (name: string) => prefix + name,
      (name: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name),
    ]),
  ];
  return ways.find((way) => names.some((name) => origins.has(way(name)))) ?? ((name) => name);
}

/**
 * What the headline is about. A vocabulary may grow, and a vision tower may be new; a projection of the language model
 * that the reference does not have means another reference.
 */
function isBlock({ place: { module, component } }: Matrix): boolean {
  return component !== 'vision' && component !== 'projector' && BLOCK_MODULES.includes(module);
}

function planAdapter(adapter: Adapter, reference: FullCheckpoint | null): Plan {
  const targets = adapter.modules.map(({ target }) => target);
  const model = {
    tensors: reference?.tensors ?? new Map<string, TensorEntry>(),
    architecture: reference?.architecture ?? adapter.architecture,
    multimodal: reference?.multimodal ?? targets.some(isMultimodalName),
  };
  const updates = adapter.modules.flatMap((module) => loraJobs(adapter, module, model, reference));
  const { matrices, vectors, skipped } = listMatrices({ ...model, tensors: adapter.saved });
  const whole = differences(matrices, reference);
  return {
    jobs: [...matrices.map(weightJob), ...updates, ...whole.jobs],
    // Factors are matrices too, but only their product has a spectrum.
    vectors: [...vectors, ...adapter.modules.flatMap(({ a, b }) => [a, b])],
    skipped: [...skipped, ...whole.skipped],
    mismatched: whole.mismatched,
  };
}

function loraJobs(adapter: Adapter, module: LoraModule, model: ModelContext, reference: FullCheckpoint | null): Job[] {
  const place = placeOf(module.target, model.multimodal);
  const [output] = module.b.shape as [number];
  const input = wholeMatrix(module.a.shape).shape[1];
  const update: LoraUpdate = { module, b: wholeMatrix(module.b.shape), base: null };
  const base = reference ? baseMatrix(adapter, update, reference) : null;
  const layout = fusedLayout(module.target, output, input, model.architecture, attentionInput(module.target, model));
  if (!layout || 'unknown' in layout) {
    const note = layout ? `fused and not split: ${layout.unknown}` : undefined;
    const whole = { ...update, base };
    return [{ kind: 'lora', of: 'delta', name: module.target, place, shape: updateShape(whole), note, update: whole }];
  }
  const orientation = module.transposed ? 'columns' : 'rows';
  return layout.parts.map((part): Job => {
    const partUpdate: LoraUpdate = {
      module,
      b: outputPart(part, module.rank, 'rows'),
      base: base && { source: base.source, view: outputPart(part, input, orientation) },
    };
    return {
      kind: 'lora',
      of: 'delta',
      name: `${module.target}[${part.label}]`,
      place: { ...place, module: part.module },
      shape: updateShape(partUpdate),
      update: partUpdate,
    };
  });
}

/** The adapted weight in the base model, whose shape the update must have. */
function baseMatrix(adapter: Adapter, update: LoraUpdate, reference: FullCheckpoint): MatrixSource {
  const { target } = update.module;
  const originName = matchNames(
    adapter.modules.map((module) => module.target),
    reference.tensors,
  );
  const source = reference.tensors.get(originName(target));
  if (!source || !isMeasuredDtype(source.dtype)) {
    throw new UserError(
      `${adapter.path}: module ${JSON.stringify(target)} is ${source ? `${source.dtype} in` : 'not in'} the reference ${reference.path}`,
      'give the base model that the adapter was trained on',
    );
  }
  const view = wholeMatrix(source.shape);
  const shape = updateShape(update);
  if (view.shape.join() !== shape.join()) {
    throw new UserError(
      `${adapter.path}: module ${JSON.stringify(target)} updates a weight of shape [${shape.join(', ')}], the reference has [${view.shape.join(', ')}]`,
      'give the base model that the adapter was trained on, and check fan_in_fan_out',
    );
  }
  return { source, view };
}
