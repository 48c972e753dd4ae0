import { type Checkpoint, checkpointName, fetchTensors, openCheckpoint, openReference } from '@shadow-gate/checkpoints';
import type { Adapter } from '@shadow-gate/checkpoints/adapter';
import type { FullCheckpoint } from '@shadow-gate/checkpoints/formats';
import { chooseModelDevice, cudaSettings, type DeviceChoice } from '@shadow-gate/checkpoints/onnx';
import { UserError, withErrorCode } from '@shadow-gate/platform';
import type { OnInterruption } from '@shadow-gate/platform/progress';
import { describeDecoder } from './architectures/describe-decoder.ts';
import type { Limits } from './engine.ts';
import { type DevicePlan, describePlan, inGibibytes } from './runtime/device-memory.ts';
import type { ExpectedMemory } from './runtime/memory-plan.ts';
import { OnnxEngine, type OnnxEngineOptions, type WeightsInMemory } from './runtime/onnx-engine.ts';
import { type ModelTokenIds, readModelTokenIds } from './tokens/model-token-ids.ts';
import { findTokenizer, requireTokenizer } from './tokens/open-tokenizer.ts';
import type { Tokenizer } from './tokens/tokenizer.ts';
import { explainingUnknownFamilies } from './unknown-family.ts';

export interface CheckpointSource {
  readonly kind: 'checkpoint';
  readonly checkpoint: Checkpoint;
  /** Base weights of an adapter. */
  readonly reference: FullCheckpoint | null;
  readonly device: DeviceChoice;
  /** For the values of one batch. */
  readonly batchBytes?: number | undefined;
  /** In bytes; by default, all memory of the machine. */
  readonly memoryLimit?: number | undefined;
}

/**
 * Open the checkpoint at a path, and its reference.
 * @throws UserError for a path without a checkpoint, even if the reference is not needed: a typo must not go unnoticed
 */
export async function openCheckpointSource({
  checkpoint,
  reference,
  ...options
}: {
  readonly checkpoint: string;
  readonly reference?: string | undefined;
} & Pick<CheckpointSource, 'device' | 'batchBytes' | 'memoryLimit'>): Promise<CheckpointSource> {
  return {
    kind: 'checkpoint',
    checkpoint: await openCheckpoint(checkpoint),
    reference: reference === undefined ? null : await openReference(reference),
    ...options,
  };
}

/** Facts about a model before its weights are read or downloaded. */
export interface OutlinedModel {
  readonly limits: Limits;
  /** To be closed by the caller. */
  readonly tokenizer: Tokenizer | null;
  /** Special tokens, from the tokenizer or else the configs. */
  readonly ids: ModelTokenIds;
}

/**
 * Read the config and the tokenizer of a checkpoint, or of an adapter and its base model.
 * @throws UserError for an architecture that is not understood, and for a tokenizer that is needed and missing
 */
export async function outlineModel(
  { checkpoint, reference }: Opened,
  { needsTokenizer }: { readonly needsTokenizer: boolean },
): Promise<OutlinedModel> {
  const { base } = weightsOf({ checkpoint, reference });
  const { maxLength, vocabulary } = await withErrorCode('unsupported-model', () =>
    explainingUnknownFamilies(base, () => describeDecoder(base)),
  );
  const tokens = await withErrorCode('no-tokenizer', () => openTokens(checkpoint, base, { needsTokenizer }));
  return { limits: { maxLength, vocabulary }, ...tokens };
}

/**
 * Load the weights of a checkpoint, or of an adapter and its base model, to score and generate.
 * @throws UserError for a checkpoint that cannot be run, and for a device that is not available
 */
export async function openEngine(
  { checkpoint, reference, device: choice, batchBytes, memoryLimit }: CheckpointSource,
  onOpening?: OnInterruption,
): Promise<OnnxEngine> {
  const { base, adapter } = weightsOf({ checkpoint, reference });
  await withErrorCode('server', async () => {
    for (const part of adapter ? [base, adapter] : [base]) await fetchTensors(part, part.tensors.values(), onOpening);
  });
  onOpening?.({ phase: 'loading' });
  const onLoading = (isLoading: boolean) => onOpening?.(isLoading ? { phase: 'loading' } : null);
  const device = await chooseModelDevice(choice);
  const options = { device, adapter, onPlan: tellPlan, onLoading, onWeights: tellWeights, batchBytes, memoryLimit };
  return choice === 'auto' ? openWhereItFits(base, options) : OnnxEngine.open(base, options);
}

/** Facts about a model that can be run. */
interface ExaminedModel {
  /** On the CPU, in bytes. */
  readonly memory: ExpectedMemory;
  readonly hasChatTemplate: boolean;
}

/**
 * Can a checkpoint be run with a tokenizer? Found without its weights: `openEngine` refuses no others.
 * @throws UserError as `outlineModel` and `openEngine` do, except for a device and its memory
 */
export async function examineModel(opened: Opened): Promise<ExaminedModel> {
  const memory = await expectModelMemory(opened);
  const tokenizer = await openModelTokenizer(opened);
  const hasChatTemplate = tokenizer.chatTemplate !== null;
  await tokenizer.close?.();
  return { memory, hasChatTemplate };
}

type Opened = Pick<CheckpointSource, 'checkpoint' | 'reference'>;

/**
 * A checkpoint's memory on the CPU, in bytes.
 * @throws UserError if its architecture or weights are not understood
 */
export function expectModelMemory(opened: Opened): Promise<ExpectedMemory> {
  return withErrorCode('unsupported-model', () => {
    const { base, adapter } = weightsOf(opened);
    return explainingUnknownFamilies(base, () => OnnxEngine.expectedMemory(base, adapter));
  });
}

/**
 * A checkpoint's tokenizer, to be closed by the caller.
 * @throws UserError if there is none, or it cannot be read
 */
export function openModelTokenizer(opened: Opened): Promise<Tokenizer> {
  return withErrorCode('no-tokenizer', async () => {
    const { base } = weightsOf(opened);
    const { tokenizer } = await openTokens(opened.checkpoint, base, { needsTokenizer: true });
    if (!tokenizer) throw new Error('a tokenizer that is needed is opened or refused');
    return tokenizer;
  });
}

/** A step of the set-up, for `--debug`. */
function tellPlan(plan: DevicePlan): void {
  const sizes = `${inGibibytes(plan.total)} of ${inGibibytes(plan.free)} GiB`;
  cudaSettings().onStep('memory plan', `${sizes}: ${describePlan(plan)}`);
}

/** For `--debug`. */
function tellWeights({ bytes, storedBytes, expanded }: WeightsInMemory): void {
  const { onDetail } = cudaSettings();
  onDetail(`weights in memory: ${inMebibytes(bytes)} MiB, file ${inMebibytes(storedBytes)} MiB`);
  for (const { dtype, count, reason } of expanded) onDetail(`in float32: ${count} × ${dtype}, since ${reason}`);
}

const inMebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);

/**
 * Nobody asked for this GPU, so it need not be large enough: the CPU then runs the model, with a warning. If it has too
 * little memory as well, the GPU runs the model layer by layer.
 */
async function openWhereItFits(base: FullCheckpoint, options: OnnxEngineOptions): Promise<OnnxEngine> {
  if (options.device.name !== 'cuda') return OnnxEngine.open(base, options);
  try {
    return await OnnxEngine.open(base, { ...options, layers: 'never' });
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    const device = { name: 'cpu', reason: 'the model does not fit into the GPU' } as const;
    const onCpu = await OnnxEngine.open(base, { ...options, device, layers: 'never' }).catch((other: unknown) => {
      if (!isTooLarge(other)) throw other;
    });
    if (!onCpu) return OnnxEngine.open(base, options);
    cudaSettings().onUnusable(`the CPU runs the model and not CUDA: ${error.problem}`);
    return onCpu;
  }
}

function isTooLarge(error: unknown): error is UserError {
  return error instanceof UserError && error.code === 'not-enough-memory';
}

function weightsOf({ checkpoint, reference }: Opened): { base: FullCheckpoint; adapter: Adapter | null } {
  if (checkpoint.format !== 'lora') {
    refuseOnnx(checkpoint);
    return { base: checkpoint, adapter: null };
  }
  const name = checkpointName(checkpoint);
  if (reference === null) {
    throw new UserError(`${name} is an adapter, which runs only with its base model`, 'give that as --reference');
  }
  refuseOnnx(reference);
  return { base: reference, adapter: checkpoint };
}

/** ONNX exports differ in inputs, caches and fused operators, so there is no common way to run them. */
function refuseOnnx(checkpoint: FullCheckpoint): void {
  if (checkpoint.format !== 'onnx') return;
  throw new UserError(
    `${checkpointName(checkpoint)} is an ONNX model, which can only be measured with spectra`,
    'give the safetensors checkpoint it was exported from, an endpoint that serves it, or --only spectra',
    { code: 'unsupported-model' },
  );
}

/** An adapter's own tokenizer, or the base model's. */
async function openTokens(
  own: Checkpoint,
  base: FullCheckpoint,
  { needsTokenizer }: { readonly needsTokenizer: boolean },
): Promise<Pick<OutlinedModel, 'tokenizer' | 'ids'>> {
  const ownTokenizer = await findTokenizer(own).then((found) => (own === base ? found : withEndsOf(found, base)));
  const tokenizer =
    ownTokenizer ?? (needsTokenizer ? await requireTokenizer(base) : base === own ? null : await findTokenizer(base));
  return { tokenizer, ids: tokenizer ?? (await readModelTokenIds(base)) };
}

/** A tokenizer in an adapter's folder comes without the model's configs, so the base's say what ends generation. */
async function withEndsOf(tokenizer: Tokenizer | null, base: FullCheckpoint): Promise<Tokenizer | null> {
  if (tokenizer === null || tokenizer.statedEosIds !== undefined) return tokenizer;
  const { eosIds } = await readModelTokenIds(base);
  if (eosIds.size === 0) return tokenizer;
  return { ...tokenizer, eosIds: new Set([...eosIds, ...tokenizer.eosIds]), statedEosIds: eosIds };
}
