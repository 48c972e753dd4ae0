import {
  type Checkpoint,
  fetchTensors,
  findOtherWeights,
  type OtherWeights,
  type TensorDigests,
} from '@shadow-gate/checkpoints';
import { isBuffer } from '@shadow-gate/checkpoints/matrices';
import { tensorPlace, tokenEmbedding } from '@shadow-gate/checkpoints/naming';
import type { TensorEntry } from '@shadow-gate/checkpoints/tensors';
import { UserError } from '@shadow-gate/platform';
import type { OnProgress } from '@shadow-gate/platform/progress';
import { innerName } from '@shadow-gate/spectra';
import { areTensorsEqual, TensorNames } from '@shadow-gate/spectra/merge';

/**
 * Make sure that every program that loads a checkpoint gets the weights that are measured: other weights in its folder
 * must be the same numbers, or the same rounded to another dtype (a variant).
 * @param own names of the tensors that this machine reads, and compares alone; null for all
 * @returns the names of the other files, which have the same weights
 * @throws UserError for another file with other weights, with the first tensor that differs
 */
export async function refuseOtherWeights(
  checkpoint: Checkpoint,
  digests: TensorDigests,
  own: ReadonlySet<string> | null = null,
  onProgress?: OnProgress,
): Promise<ReadonlySet<string>> {
  const others = await findOtherWeights(checkpoint);
  for (const other of others) {
    const difference = await differenceOf(checkpoint, other, { digests, own }, onProgress);
    if (difference === null) continue;
    const [file = ''] = other.files;
    throw new UserError(
      `${checkpoint.path} has ${file} next to the weights that are measured, and ${difference}: programs differ in which of them they load`,
      `remove ${file}, or move it to a folder of its own`,
    );
  }
  return new Set(others.flatMap(({ files }) => files));
}

async function differenceOf(
  checkpoint: Checkpoint,
  { tensors, isWhole }: OtherWeights,
  { digests, own }: { readonly digests: TensorDigests; readonly own: ReadonlySet<string> | null },
  onProgress: OnProgress | undefined,
): Promise<string | null> {
  const measured = new TensorNames(checkpoint.tensors);
  const outermost = new Set([...checkpoint.tensors.keys()].map(outermostOf));
  // Programs ignore a tensor outside the model's modules, such as the value head of a training, unless models have its
  // name.
  const isPart = ({ name }: TensorEntry) =>
    outermost.has(outermostOf(name)) ||
    (isOutermost(name) && tensorPlace(name, { multimodal: true }).module !== 'other');
  const embedding = tokenEmbedding(checkpoint.tensors.values());
  const pairs: Array<readonly [TensorEntry, TensorEntry]> = [];
  for (const entry of tensors.values()) {
    // Other names are in no adapter.
    if (checkpoint.format === 'lora' && !entry.name.startsWith('base_model.')) continue;
    const original = measured.find(entry.name) ?? (isHead(entry) && isOutermost(entry.name) ? embedding : null);
    if (original !== null) pairs.push([entry, original]);
    else if (!isBuffer(entry) && isPart(entry)) return `its tensor ${JSON.stringify(entry.name)} is not among them`;
  }
  if (isWhole) {
    const others = new TensorNames(tensors);
    const lacking = [...checkpoint.tensors.values()].find(
      (entry) => others.find(entry.name) === null && !isBuffer(entry) && !isHead(entry),
    );
    if (lacking) return `it lacks the tensor ${JSON.stringify(lacking.name)}`;
  }
  const named = (name: string) => `its tensor ${JSON.stringify(name)} has other numbers`;
  const misshapen = pairs.find(([one, other]) => one.size !== other.size);
  if (misshapen) return named(misshapen[0].name);
  const compared = pairs.filter(([, { name }]) => own === null || own.has(name));
  await fetchTensors(checkpoint, compared.flat(), onProgress);
  for (const [entry, original] of compared) {
    if (await areTensorsEqual(entry, original, digests)) continue;
    if (!(await areTensorsEqual(original, entry, digests))) return named(entry.name);
  }
  return null;
}

function outermostOf(name: string): string {
  return innerName(name).split('.')[0] ?? '';
}

/** Is it outside of any inner module, such as `lm_head.weight`? */
function isOutermost(name: string): boolean {
  return innerName(name).split('.').length <= 2;
}

/** Libraries store the head of a model with tied weights or leave it out. */
function isHead({ name }: TensorEntry): boolean {
  return tensorPlace(name, { multimodal: true }).module === 'lm_head';
}
