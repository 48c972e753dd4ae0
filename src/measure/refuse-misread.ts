import { type Checkpoint, fetchTensors } from '@shadow-gate/checkpoints';
import { type FullCheckpoint, quantizationBeside } from '@shadow-gate/checkpoints/formats';
import { isBuffer } from '@shadow-gate/checkpoints/matrices';
import { ElementType } from '@shadow-gate/checkpoints/onnx/graph';
import { hasRecipes, isQuantized } from '@shadow-gate/checkpoints/tensors';
import { UserError } from '@shadow-gate/platform';
import { isObject } from '@shadow-gate/platform/json';
import type { OnProgress } from '@shadow-gate/platform/progress';
import { findNonFinite, innerName } from '@shadow-gate/spectra';
import { refuseOtherParams } from './refuse-other-params.ts';

/**
 * Make sure that loaders read the weights of a checkpoint as they are measured.
 * @param own names of the tensors that this machine reads; null for all
 * @throws UserError if config.json names a file of weights, a file next to it contradicts it about quantization, two
 *   tensors are one parameter, or weights exceed the dtype of config.json
 */
export async function refuseMisread(
  checkpoint: Checkpoint,
  own: ReadonlySet<string> | null = null,
  onProgress?: OnProgress,
): Promise<void> {
  if (checkpoint.format !== 'safetensors' && checkpoint.format !== 'pytorch') return;
  refuseNamedFile(checkpoint);
  await refuseQuantizedBeside(checkpoint);
  await refuseOtherParams(checkpoint);
  refuseDoubled(checkpoint);
  await refuseBeyondFloat16(checkpoint, own, onProgress);
}

/** transformers 5 loads the file that this key names, even in a subfolder, before all others. */
function refuseNamedFile({ path, config }: FullCheckpoint): void {
  const { transformers_weights: named } = config ?? {};
  if (named === undefined || named === null) return;
  throw new UserError(
    `${path}: "transformers_weights" of config.json is ${JSON.stringify(named)}: only some programs load the weights from there`,
    'remove the key, and give the weights their usual name',
  );
}

/** vLLM reads hf_quant_config.json where config.json lacks quantization_config, and the others if told the method. */
async function refuseQuantizedBeside(checkpoint: FullCheckpoint): Promise<void> {
  const file = hasRecipes(checkpoint.tensors) ? null : await quantizationBeside(checkpoint);
  if (file === null) return;
  throw new UserError(
    `${file} says that the weights are quantized, and they are not: what programs load is not what is stored`,
    'remove the file, or give the checkpoint that it belongs to',
  );
}

/** transformers adds and removes the name of the base model, and loads one of two such tensors over the other. */
function refuseDoubled({ path, tensors }: FullCheckpoint): void {
  const found = new Map<string, string>();
  for (const name of tensors.keys()) {
    const inner = innerName(name)
      .replace(/LayerNorm\.gamma$/, 'LayerNorm.weight')
      .replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
    const other = found.get(inner);
    if (other !== undefined) {
      const [one, two] = [other, name].map((shown) => JSON.stringify(shown));
      throw new UserError(
        `${path} has the tensors ${one} and ${two}, which are one parameter: programs differ in which of them they load`,
        'remove the one that is left from something else, or save the model again',
      );
    }
    found.set(inner, name);
  }
}

const CPU = { name: 'cpu', reason: 'numbers are only looked at' } as const;

/** transformers and vLLM convert weights to the dtype of config.json: numbers beyond its largest become Inf. */
async function refuseBeyondFloat16(
  checkpoint: FullCheckpoint,
  own: ReadonlySet<string> | null,
  onProgress: OnProgress | undefined,
): Promise<void> {
  const { path, tensors, config } = checkpoint;
  if (![config, config?.text_config].some(isFloat16)) return;
  const wider = [...tensors.values()].filter(
    (entry) =>
      /^(F32|F64|BF16)$/.test(entry.dtype) &&
      !isQuantized(entry) &&
      !isBuffer(entry) &&
      (own === null || own.has(entry.name)),
  );
  await fetchTensors(checkpoint, wider, onProgress);
  const [beyond] = await findNonFinite(wider, CPU, ElementType.float16);
  // Weights that are stored as NaN or Inf are a finding of their own.
  if (beyond === undefined || (await findNonFinite([beyond], CPU)).length > 0) return;
  throw new UserError(
    `${path}: tensor ${JSON.stringify(beyond.name)} (${beyond.dtype}) has numbers beyond 65504, the largest of float16, and "dtype" of config.json is float16: programs load them as Inf`,
    'set "dtype" to bfloat16 or float32',
  );
}

function isFloat16(config: unknown): boolean {
  const { dtype, torch_dtype } = (config ?? {}) as Readonly<Record<string, unknown>>;
  // By part of the model; transformers 5.24 takes the dtype of the part "" for all.
  const stated = [dtype, torch_dtype].flatMap((value) => (isObject(value) ? Object.values(value) : [value]));
  return stated.some((value) => /^(torch\.)?(float16|half)$/.test(String(value)));
}
