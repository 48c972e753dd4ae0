import { factorsOf, featuresOf } from '../checkpoint/adapter/factors.ts';
import { isMeasuredDtype } from '../checkpoint/dtype.ts';
import { fusedLayout } from '../checkpoint/fused.ts';
import { attentionInput, listMatrices, type ModelContext } from '../checkpoint/list-matrices.ts';
import type { Matrix, Skipped } from '../checkpoint/matrix.ts';
import { outputPart, transposedView, wholeMatrix } from '../checkpoint/matrix-view.ts';
import { isMultimodalName, type Place, placeOf } from '../checkpoint/module-type.ts';
import { refuseQuantized } from '../checkpoint/quantization.ts';
import type { Adapter, Checkpoint, FullCheckpoint, LoraModule, TensorEntry } from '../checkpoint/types.ts';
import type { Device } from '../onnx/session.ts';
import { UserError } from '../platform/user-error.ts';
import { chooseMethod, deviceOf, type MethodChoice } from './choose-method.ts';
import { loraCost, matrixCost } from './cost.ts';
import { type DoraWeight, doraMemory, doraUpdate } from './dora.ts';
import { exactMemory } from './exact/exact-spectrum.ts';
import { fastMemory } from './fast/fast-spectrum.ts';
import type { MatrixSource } from './load-matrix.ts';
import { type LoraUpdate, loraMemory, updateShape } from './lora-spectrum.ts';
import { matchMatrices, matchNames } from './match-reference.ts';
import type { Method } from './metrics-schema.ts';

/** Which matrix a spectrum is of. */
interface Description {
  readonly name: string;
  readonly place: Place;
  /** As stored. */
  readonly shape: readonly number[];
  readonly note?: string | undefined;
}

/** What a spectrum is computed from. */
type Input =
  | { readonly kind: 'weight'; readonly of: 'weight'; readonly matrix: MatrixSource }
  | {
      readonly kind: 'difference';
      readonly of: 'delta';
      readonly matrix: MatrixSource;
      readonly reference: MatrixSource;
    }
  | { readonly kind: 'lora'; readonly of: 'delta'; readonly update: LoraUpdate }
  /** ΔW of DoRA, computed from the weight of the base model. */
  | { readonly kind: 'dora'; readonly of: 'delta'; readonly matrix: MatrixSource; readonly dora: DoraWeight };

/** How it is computed. */
interface Execution {
  readonly method: Method;
  readonly device: Device;
  /** Estimated time, in multiplications: see `cost.ts`. */
  readonly cost: number;
  /** Bytes that it needs at its peak. */
  readonly memory: number;
  /** Every tensor that it reads. */
  readonly tensors: { readonly checkpoint: readonly TensorEntry[]; readonly reference: readonly TensorEntry[] };
}

/** One spectrum to compute, and how: everything about it is decided once, when it is planned. */
export type Job = Description & Input & Execution;

export interface Plan {
  readonly jobs: readonly Job[];
  /** Tensors without a spectrum, to be searched for NaN and Inf. */
  readonly vectors: readonly TensorEntry[];
  readonly skipped: readonly Skipped[];
  /** Matrices of the blocks that the reference does not have, or has in another shape. */
  readonly mismatched: readonly string[];
}

export interface Preferences {
  readonly method: MethodChoice;
  readonly device: Device;
}

/**
 * Plan the spectra of a checkpoint: of every weight W and, with a reference, of every update ΔW.
 * @throws UserError if the checkpoint cannot have been trained from the reference, or if one of them is quantized
 */
export function planSpectra(checkpoint: Checkpoint, reference: FullCheckpoint | null, preferences: Preferences): Plan {
  if (checkpoint.format !== 'lora') refuseQuantized(checkpoint);
  if (reference) refuseQuantized(reference);
  if (reference && (checkpoint.format === 'onnx') !== (reference.format === 'onnx')) {
    throw new UserError(
      `${checkpoint.path} and its reference ${reference.path} are of different formats: ONNX stores many weights transposed`,
      'export both the same way, or use safetensors for both',
    );
  }
  const { jobs, ...rest } =
    checkpoint.format === 'lora' ? planAdapter(checkpoint, reference) : planFull(checkpoint, reference);
  if (reference && !jobs.some(({ of }) => of === 'delta')) {
    throw new UserError(
      `${reference.path} is not the reference of ${checkpoint.path}: no matrix has the same name and shape in both`,
      'use the base model that the checkpoint was trained from',
    );
  }
  return { ...rest, jobs: jobs.map((job) => planJob(job, preferences)) };
}

/** A matrix or update, and where it is. */
export type Target = Description & Input;

/** Decide how one spectrum is computed. That of an adapter is always exact: its core is only r × r. */
export function planJob(target: Target, { method: choice, device }: Preferences): Job {
  if (target.kind === 'lora') {
    const { update } = target;
    const { a, b, rank } = update.module;
    return {
      ...target,
      method: 'exact',
      device: deviceOf('exact', device),
      cost: loraCost(updateShape(update), rank),
      memory: loraMemory(update),
      tensors: { checkpoint: [a, b], reference: update.base ? [update.base.source] : [] },
    };
  }
  const { shape } = target.matrix.view;
  const method = chooseMethod(shape, choice);
  if (target.kind === 'dora') {
    const { module, magnitude, base } = target.dora;
    const own = method === 'exact' ? exactMemory(shape) : fastMemory(shape, { isDifference: false });
    return {
      ...target,
      method,
      device: deviceOf(method, device),
      cost: matrixCost(shape, method) + loraCost(shape, module.rank),
      memory: own + doraMemory(target.dora),
      tensors: { checkpoint: [module.a, module.b, magnitude], reference: [base.source] },
    };
  }
  const isDifference = target.kind === 'difference';
  return {
    ...target,
    method,
    device: deviceOf(method, device),
    cost: matrixCost(shape, method),
    memory: method === 'exact' ? exactMemory(shape) : fastMemory(shape, { isDifference }),
    tensors: { checkpoint: [target.matrix.source], reference: isDifference ? [target.reference.source] : [] },
  };
}

/** A plan before it is decided how each spectrum is computed. */
interface Draft extends Omit<Plan, 'jobs'> {
  readonly jobs: readonly Target[];
}

function planFull(checkpoint: FullCheckpoint, reference: FullCheckpoint | null): Draft {
  const { matrices, vectors, skipped } = listMatrices(checkpoint);
  const weights = matrices.map(weightJob);
  const { jobs, skipped: unmatched, mismatched } = differences(matrices, reference);
  return { jobs: [...weights, ...jobs], vectors, skipped: [...skipped, ...unmatched], mismatched };
}

function weightJob(matrix: Matrix): Target {
  return { kind: 'weight', of: 'weight', ...describe(matrix), matrix };
}

function describe({ name, place, view, source, note }: Matrix): Description {
  // As stored, for a convolution too, unless the matrix is a part of the tensor or has other rows.
  const isStored = view.slices.length === 0 && view.shape[0] === source.shape[0];
  return { name, place, shape: isStored ? source.shape : view.shape, note };
}

/** ΔW of every matrix that the reference has too. */
function differences(matrices: readonly Matrix[], reference: FullCheckpoint | null) {
  if (!reference) return { jobs: [], skipped: [], mismatched: [] };
  const { pairs, skipped, mismatched } = matchMatrices(matrices, reference);
  const jobs = pairs.map(({ matrix, original }): Target => {
    return { kind: 'difference', of: 'delta', ...describe(matrix), matrix, reference: original };
  });
  return { jobs, skipped, mismatched };
}

function planAdapter(adapter: Adapter, reference: FullCheckpoint | null): Draft {
  const targets = adapter.modules.map(({ target }) => target);
  const model = {
    tensors: reference?.tensors ?? new Map<string, TensorEntry>(),
    architecture: reference?.architecture ?? adapter.architecture,
    multimodal: reference?.multimodal ?? targets.some(isMultimodalName),
  };
  const updates = adapter.modules.flatMap((module) => loraJobs(adapter, module, model, reference));
  const { saved, copies } = splitCopies(adapter);
  const { matrices, vectors, skipped } = listMatrices({ ...model, tensors: saved });
  const biases = [...adapter.tensors.values()].filter(({ name }) => name.endsWith('.lora_B.bias'));
  const whole = differences(matrices, reference);
  return {
    jobs: [...matrices.map(weightJob), ...updates, ...whole.jobs],
    // The factors are matrices too, but only the spectrum of their product is measured.
    vectors: [
      ...vectors,
      ...adapter.modules.flatMap(({ a, b, magnitude }) => (magnitude ? [a, b, magnitude] : [a, b])),
      ...biases,
    ],
    skipped: [...copies, ...skipped, ...whole.skipped],
    mismatched: whole.mismatched,
  };
}

/** PEFT saves adapted embeddings and output layers with a copy of their base weight: only their update is measured. */
function splitCopies({ modules, saved }: Adapter): { saved: Map<string, TensorEntry>; copies: Skipped[] } {
  const adapted = new Set(modules.map(({ target }) => target));
  const reason = 'the base weight of an adapted module, saved with the adapter';
  const copies = [...saved.keys()].filter((name) => adapted.has(name));
  return {
    saved: new Map([...saved].filter(([name]) => !adapted.has(name))),
    copies: copies.map((name) => ({ name: name.replace(/\.weight$/, '.base_layer.weight'), reason })),
  };
}

function loraJobs(
  adapter: Adapter,
  module: LoraModule,
  model: ModelContext,
  reference: FullCheckpoint | null,
): Target[] {
  const place = placeOf(module.target, model);
  const { input, output } = featuresOf(module);
  const update: LoraUpdate = { module, b: factorsOf(module).b, base: null };
  const base = reference ? baseMatrix(adapter, update, reference) : null;
  const layout = fusedLayout(module.target, {
    output,
    input,
    architecture: model.architecture,
    attentionInput: attentionInput(module.target, model),
  });
  const dora = doraWeight(adapter, module, base);
  if (!layout || 'unknown' in layout) {
    const note = layout ? `fused and not split: ${layout.unknown}` : undefined;
    const whole = { ...update, base };
    const description = { of: 'delta', name: module.target, place, shape: updateShape(whole), note } as const;
    if (dora) return [{ kind: 'dora', ...description, matrix: doraMatrix(dora, dora.base.view), dora }];
    return [{ kind: 'lora', ...description, update: whole }];
  }
  const orientation = module.transposed ? 'columns' : 'rows';
  return layout.parts.map((part): Target => {
    const partUpdate: LoraUpdate = {
      module,
      b: module.inputFirst
        ? transposedView(outputPart(part, module.rank, 'columns'))
        : outputPart(part, module.rank, 'rows'),
      base: base && { source: base.source, view: outputPart(part, input, orientation) },
    };
    const description = {
      of: 'delta',
      name: `${module.target}[${part.label}]`,
      place: { ...place, module: part.module },
      shape: updateShape(partUpdate),
    } as const;
    return dora
      ? { kind: 'dora', ...description, matrix: doraMatrix(dora, outputPart(part, input, orientation)), dora }
      : { kind: 'lora', ...description, update: partUpdate };
  });
}

/**
 * The weight that an adapter with DoRA changes; null for plain LoRA.
 * @throws UserError without a base model
 */
function doraWeight(adapter: Adapter, module: LoraModule, base: MatrixSource | null): DoraWeight | null {
  const { magnitude, target } = module;
  if (magnitude === null) return null;
  if (base !== null) return { module, magnitude, base };
  throw new UserError(
    `${adapter.path}: module ${JSON.stringify(target)} uses DoRA, whose update depends on the weights of the base model`,
    'give the base model as reference, or merge the adapter and check the merged model',
  );
}

/** The weight of an output layer that the reference ties to its embeddings, and does not store. */
function tiedEmbeddings(target: string, { tensors, architecture }: FullCheckpoint): TensorEntry | undefined {
  const moduleOf = (name: string) => placeOf(name, { multimodal: false }).module;
  if (!architecture.tied || moduleOf(target) !== 'lm_head') return undefined;
  const tables = [...tensors.values()].filter(({ name }) => moduleOf(name) === 'embed');
  // With a table of positions beside it, the larger one has the tokens.
  return tables.sort((x, y) => y.size - x.size)[0];
}

function doraMatrix(dora: DoraWeight, view: MatrixSource['view']): MatrixSource {
  return { source: dora.base.source, view, compute: (graph) => doraUpdate(graph, dora) };
}

/**
 * The adapted weight in the base model.
 * @throws UserError if it is missing, or if its shape is not that of the update
 */
function baseMatrix(adapter: Adapter, update: LoraUpdate, reference: FullCheckpoint): MatrixSource {
  const { target } = update.module;
  const nameInReference = matchNames(
    adapter.modules.map((module) => module.target),
    reference.tensors,
  );
  const source = reference.tensors.get(nameInReference(target)) ?? tiedEmbeddings(target, reference);
  if (!source || !isMeasuredDtype(source.dtype)) {
    throw new UserError(
      `${adapter.path}: module ${JSON.stringify(target)} is ${source ? `${source.dtype} in` : 'not in'} the reference ${reference.path}`,
      'use the base model that the adapter was trained on',
    );
  }
  const view = wholeMatrix(source.shape);
  const shape = updateShape(update);
  if (view.shape.join() !== shape.join()) {
    throw new UserError(
      `${adapter.path}: module ${JSON.stringify(target)} updates a weight of shape [${shape.join(', ')}], the reference has [${view.shape.join(', ')}]`,
      'use the base model that the adapter was trained on, and check fan_in_fan_out',
    );
  }
  return { source, view };
}
