import { loadTensors } from '../checkpoint/load-tensors.ts';
import { openCheckpoint, openReference } from '../checkpoint/open.ts';
import type { Adapter, FullCheckpoint } from '../checkpoint/types.ts';
import { chooseModelDevice, type DeviceChoice } from '../onnx/device.ts';
import type { Device } from '../onnx/session.ts';
import { UserError } from '../platform/user-error.ts';
import { OnnxEngine } from './runtime/onnx-engine.ts';
import { type ModelTokenIds, readModelTokenIds } from './tokens/model-token-ids.ts';
import { openTokenizer, openTokenizerIfPresent, type Tokenizer } from './tokens/tokenizer.ts';

export interface OpenModelOptions {
  /** Base weights of an adapter. */
  readonly reference?: string | undefined;
  readonly device: DeviceChoice;
  /** Memory for the values of one batch, in bytes. */
  readonly batchBytes?: number | undefined;
  /** A tokenizer must be there; else it may be. */
  readonly needsTokenizer: boolean;
}

export interface OpenedModel {
  readonly engine: OnnxEngine;
  readonly device: Device;
  readonly tokenizer: Tokenizer | null;
  /** Special tokens, of the tokenizer or, without one, of the configs. */
  readonly ids: ModelTokenIds;
}

/**
 * Open a checkpoint to be asked: the directory of a model, or of an adapter with its base.
 * @throws UserError for one that cannot be run, for a device that is not there, and for a tokenizer that is wanted and
 *   missing
 */
export async function openModel(path: string, options: OpenModelOptions): Promise<OpenedModel> {
  const { base, adapter } = await openWeights(path, options.reference);
  for (const checkpoint of adapter ? [base, adapter] : [base]) {
    await loadTensors(checkpoint, checkpoint.tensors.values());
  }
  const device = await chooseModelDevice(options.device);
  const tokens = await openTokens((adapter ?? base).path, base.path, options.needsTokenizer);
  const { batchBytes } = options;
  const engine = await OnnxEngine.open(base, { device, adapter, ...(batchBytes === undefined ? {} : { batchBytes }) });
  return { engine, device, ...tokens };
}

async function openWeights(
  path: string,
  reference: string | undefined,
): Promise<{ base: FullCheckpoint; adapter: Adapter | null }> {
  const checkpoint = await openCheckpoint(path);
  if (checkpoint.format !== 'lora') {
    // It has no use here, but a path with a typo must not go by.
    if (reference !== undefined) await openReference(reference);
    refuseOnnx(checkpoint);
    return { base: checkpoint, adapter: null };
  }
  if (reference === undefined) {
    throw new UserError(`${path} is an adapter, which answers only with its base model`, 'give that as --reference');
  }
  const shift = [...checkpoint.tensors.keys()].find((name) => name.endsWith('.lora_B.bias'));
  if (shift !== undefined) {
    throw new UserError(
      `${path}: ${JSON.stringify(shift)} shifts the output, which is not built`,
      'merge the adapter into the base model and give that',
    );
  }
  const base = await openReference(reference);
  refuseOnnx(base);
  return { base, adapter: checkpoint };
}

/** Exports differ in inputs, caches and fused operators: there is no one way to ask them. */
function refuseOnnx({ format, path }: FullCheckpoint): void {
  if (format !== 'onnx') return;
  throw new UserError(
    `${path} is an ONNX model, of which only the spectra are measured`,
    'give the safetensors checkpoint it was exported from, an endpoint that answers for it, or --only spectra',
  );
}

/** An adapter may bring a tokenizer of its own; else the base model's is meant. */
async function openTokens(
  path: string,
  base: string,
  isNeeded: boolean,
): Promise<Pick<OpenedModel, 'tokenizer' | 'ids'>> {
  const own = await openTokenizerIfPresent(path);
  const tokenizer =
    own ?? (isNeeded ? await openTokenizer(base) : base === path ? null : await openTokenizerIfPresent(base));
  return { tokenizer, ids: tokenizer ?? (await readModelTokenIds(base)) };
}
