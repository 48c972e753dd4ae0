import { at, UserError } from '@shadow-gate/platform';
import { inBlock, type MatrixView, type OutputSlice, wholeMatrix } from '../tensors/matrix-view.ts';
import { type Adapter, type LoraModule, loraFeatures } from './adapter.ts';

/** A module of an adapter that changes the weights of all experts of a layer (`target_parameters` of PEFT). */
export type StackedModule = LoraModule & { readonly experts: number };

export function isStackedModule(module: LoraModule): module is StackedModule {
  return module.experts !== undefined;
}

/** A stack of updates, and the features of each expert's layer; fused gate and up count together. */
export interface ExpertLayer {
  readonly module: StackedModule;
  readonly input: number;
  readonly output: number;
}

/** Since this version, PEFT asks the module of transformers for its layout. */
const CONVENTION_SINCE = [0, 19, 1];
/** Stored [experts, in, out] by transformers 5, which declares it. */
const INPUT_FIRST = 'gpt_oss';
/** Stored [experts, in, out] without declaring it: PEFT reads them as [experts, out, in]. */
const UNDECLARED = /^llama4(_text)?$/;

/**
 * Does A belong to the outputs of the layers, and B to their inputs? PEFT's `ParamWrapper` (`tuners/lora/layer.py`)
 * reads the second axis of a stack as inputs in 0.17 and 0.18, the third in 0.19.0, and asks the module since 0.19.1.
 * All stacks of an adapter are alike, so one with unequal features decides.
 * @param family `layoutType` of the base model
 * @throws UserError if none decides
 */
export function areExpertFactorsTurned(
  { path, config }: Pick<Adapter, 'path' | 'config'>,
  layers: readonly ExpertLayer[],
  family: string | null,
): boolean {
  for (const { module, input, output } of layers) {
    const own = loraFeatures(module);
    if (input === output) continue;
    if (own.input === input && own.output === output) return false;
    if (own.input === output && own.output === input) return true;
  }
  const [square] = layers;
  if (square === undefined) return false;
  const version = versionOf(config);
  if (version !== null && !isBefore(version, CONVENTION_SINCE)) return family !== null && UNDECLARED.test(family);
  const tookSecondAxis = version === null || isBefore(version, [0, 19]);
  if (tookSecondAxis && family !== null && (family === INPUT_FIRST || UNDECLARED.test(family))) return false;
  throw new UserError(
    `${path}: ${JSON.stringify(square.module.target)} has as many inputs as outputs, and PEFT ${version?.join('.') ?? 'before 0.18'} saved its factors in another order than now`,
    'merge the adapter with the version of PEFT that trained it and give the merged model',
  );
}

/** PEFT writes `peft_version` since 0.18. */
function versionOf({ peft_version: written }: Adapter['config']): number[] | null {
  const parts = typeof written === 'string' ? /^(\d{1,4})\.(\d{1,4})\.(\d{1,4})/.exec(written) : null;
  return parts ? parts.slice(1).map(Number) : null;
}

function isBefore(version: readonly number[], other: readonly number[]): boolean {
  const index = other.findIndex((part, i) => part !== version[i]);
  return index >= 0 && at(version, index) < at(other, index);
}

/**
 * The update of one expert's matrix as its own module (PEFT, `ParamWrapper.get_delta_weight`): its A [r, in] is part of
 * A [experts, r, in], its B [out, r] of B [out, r, experts]. @param part of its output features; all if missing
 */
export function expertModule(
  module: StackedModule,
  expert: number,
  { part, turned, transposed }: { readonly part?: OutputSlice; readonly turned: boolean; readonly transposed: boolean },
): LoraModule {
  const { experts, ...single } = module;
  const { a, b, rank } = single;
  const features = loraFeatures(module);
  const [input, output] = turned ? [features.output, features.input] : [features.input, features.output];
  const { outDims, slice } = part ?? { outDims: [output], slice: { axis: 0, start: 0, end: output } };
  const kept = Math.ceil((slice.end - slice.start) / (slice.step ?? 1));
  const rows = outDims.reduce((product, size, axis) => product * (axis === slice.axis ? kept : size), 1);
  const one = (axis: number) => ({ axis, start: expert, end: expert + 1 });
  const inLast = (dims: readonly number[], slices: MatrixView['slices'], width: number): MatrixView => ({
    dims: [...dims, rank, experts],
    slices: [...slices, one(dims.length + 1)],
    shape: [width, rank],
  });
  if (!turned) {
    const views = { a: inBlock(wholeMatrix([rank, input]), expert, experts), b: inLast(outDims, [slice], rows) };
    return { ...single, transposed, views };
  }
  const columns: MatrixView = {
    dims: [experts, rank, ...outDims],
    slices: [one(0), { ...slice, axis: slice.axis + 2 }],
    shape: [rows, rank],
    transposed: true,
  };
  const inputs: MatrixView = { ...inLast([input], [], input), shape: [rank, input], transposed: true };
  return { ...single, transposed, a: b, b: a, views: { a: inputs, b: columns } };
}
