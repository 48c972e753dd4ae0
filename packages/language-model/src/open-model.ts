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
import { OnnxEngine, type OnnxEngineOptions } from './runtime/onnx-engine.ts';
import { type ModelTokenIds, readModelTokenIds } from './tokens/model-token-ids.ts';
import { findTokenizer, requireTokenizer } from './tokens/open-tokenizer.ts';
import type { Tokenizer } from './tokens/tokenizer.ts';
import { explainingUnknownFamilies } from './unknown-family.ts';

/** An opened checkpoint to run, and how. */
export interface CheckpointSource {
  readonly kind: 'checkpoint';
  readonly checkpoint: Checkpoint;
  /** Base weights of an adapter; not used for full weights. */
  readonly reference: FullCheckpoint | null;
  readonly device: DeviceChoice;
  /** Memory for the values of one batch, in bytes. */
  readonly batchBytes?: number | undefined;
  /** Memory that the model may use, in bytes: all of the machine's by default. */
  readonly memoryLimit?: number | undefined;
}

/**
 * Open the checkpoint at a path, and its reference, to run them.
 * @throws UserError for a path without a checkpoint; also for a reference that is not needed, since a typo must not go
 *   unnoticed
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

/** What is known of a model before its weights are read, or downloaded. */
export interface OutlinedModel {
  readonly limits: Limits;
  /** To be closed by the caller. */
  readonly tokenizer: Tokenizer | null;
  /** Special tokens, of the tokenizer or, without one, of the configs. */
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
  const { base } = weightsOf(checkpoint, reference);
  const { maxLength, vocabulary } = await withErrorCode('unsupported-model', () =>
    explainingUnknownFamilies(base, () => describeDecoder(base)),
  );
  const tokens = await withErrorCode('no-tokenizer', () => openTokens({ own: checkpoint, base, needsTokenizer }));
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
  const { base, adapter } = weightsOf(checkpoint, reference);
  await withErrorCode('server', async () => {
    for (const part of adapter ? [base, adapter] : [base]) await fetchTensors(part, part.tensors.values(), onOpening);
  });
  onOpening?.({ phase: 'loading' });
  const onLoading = (isLoading: boolean) => onOpening?.(isLoading ? { phase: 'loading' } : null);
  const options = {
    device: await chooseModelDevice(choice),
    adapter,
    onPlan: tellPlan,
    onLoading,
    batchBytes,
    memoryLimit,
  };
  return choice === 'auto' ? openWhereItFits(base, options) : OnnxEngine.open(base, options);
}

/** What is known of a model that can be run, before its weights are read. */
interface ExaminedModel {
  /** On the CPU, in bytes. */
  readonly memory: ExpectedMemory;
  readonly hasChatTemplate: boolean;
}

/**
 * Find out whether a checkpoint can be run with a tokenizer, without reading its weights: `openEngine` refuses what
 * this refuses.
 * @throws UserError as `outlineModel` and `openEngine` do, except for a device and its memory
 */
export async function examineModel({ checkpoint, reference }: Opened): Promise<ExaminedModel> {
  const memory = await expectModelMemory({ checkpoint, reference });
  const tokenizer = await openModelTokenizer({ checkpoint, reference });
  const hasChatTemplate = tokenizer.chatTemplate !== null;
  await tokenizer.close?.();
  return { memory, hasChatTemplate };
}

type Opened = Pick<CheckpointSource, 'checkpoint' | 'reference'>;

/**
 * What a checkpoint takes on the CPU, in bytes.
 * @throws UserError for one whose architecture or weights are not understood
 */
export function expectModelMemory({ checkpoint, reference }: Opened): Promise<ExpectedMemory> {
  return withErrorCode('unsupported-model', () => {
    const { base, adapter } = weightsOf(checkpoint, reference);
    return explainingUnknownFamilies(base, () => OnnxEngine.expectedMemory(base, adapter));
  });
}

/**
 * The tokenizer that a checkpoint is run with, to be closed by the caller.
 * @throws UserError if there is none, or one that cannot be read
 */
export function openModelTokenizer({ checkpoint, reference }: Opened): Promise<Tokenizer> {
  return withErrorCode('no-tokenizer', async () => {
    const { base } = weightsOf(checkpoint, reference);
    const { tokenizer } = await openTokens({ own: checkpoint, base, needsTokenizer: true });
    if (!tokenizer) throw new Error('a tokenizer that is needed is opened or refused');
    return tokenizer;
  });
}

/** A step of the set-up like those before it, for `--debug`. */
function tellPlan(plan: DevicePlan): void {
  const sizes = `${inGibibytes(plan.total)} of ${inGibibytes(plan.free)} GiB`;
  cudaSettings().onStep('memory plan', `${sizes}: ${describePlan(plan)}`);
}

/**
 * A GPU that nobody asked for need not be large enough: the CPU then runs the model, with a warning. If that has too
 * little memory as well, the GPU runs it layer by layer.
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

function weightsOf(
  checkpoint: Checkpoint,
  reference: FullCheckpoint | null,
): { base: FullCheckpoint; adapter: Adapter | null } {
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

/** Exports differ in inputs, caches and fused operators, so there is no common way to run them. */
function refuseOnnx(checkpoint: FullCheckpoint): void {
  if (checkpoint.format !== 'onnx') return;
  throw new UserError(
    `${checkpointName(checkpoint)} is an ONNX model, which can only be measured with spectra`,
    'give the safetensors checkpoint it was exported from, an endpoint that serves it, or --only spectra',
    { code: 'unsupported-model' },
  );
}

/** An adapter can have a tokenizer of its own; otherwise the base model's is used. */
async function openTokens({
  own,
  base,
  needsTokenizer,
}: {
  readonly own: Checkpoint;
  readonly base: FullCheckpoint;
  readonly needsTokenizer: boolean;
}): Promise<Pick<OutlinedModel, 'tokenizer' | 'ids'>> {
  const ownTokenizer = await findTokenizer(own);
  const tokenizer =
    ownTokenizer ?? (needsTokenizer ? await requireTokenizer(base) : base === own ? null : await findTokenizer(base));
  return { tokenizer, ids: tokenizer ?? (await readModelTokenIds(base)) };
}
