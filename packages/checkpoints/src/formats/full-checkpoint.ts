import { UserError } from '@shadow-gate/platform';
import type { FolderFiles } from '@shadow-gate/platform/files';
import { type Architecture, describeArchitecture, UNKNOWN_ARCHITECTURE } from '../config/architecture.ts';
import type { Snapshot } from '../hub/snapshot.ts';
import type { WeightFormat } from '../hub/weight-formats.ts';
import { isMultimodalName } from '../naming/place.ts';
import type { TensorEntry } from '../tensors/tensor-entry.ts';
import type { GgufMetadata } from './gguf/metadata.ts';
import type { WeightUse } from './onnx/weight-use.ts';

/** An opened checkpoint of full weights, of which only headers have been read. */
export interface FullCheckpoint {
  readonly format: WeightFormat;
  /** Path of the directory, or of the one file that is the model. */
  readonly path: string;
  readonly files: FolderFiles;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly architecture: Architecture;
  /** Whether it has towers other than its language model. */
  readonly multimodal: boolean;
  /** config.json, or for GGUF transformers' equivalent; null for a lone file, and if unknown. */
  readonly config: Record<string, unknown> | null;
  readonly onnx: readonly OnnxTensor[] | null;
  readonly gguf?: GgufContents;
  /** For a checkpoint on a hub: its path is a local folder, in which weights are holes until they are fetched. */
  readonly remote: Snapshot | null;
}

export interface GgufContents {
  readonly metadata: GgufMetadata;
  /** Why the model cannot be run as it is; null if it can. */
  readonly notRun: string | null;
  /** Keys that may change the computation and are not in `config`: a part of the identity. */
  readonly unread: readonly string[];
}

export interface OnnxTensor extends TensorEntry {
  /** Null unless it is a matrix of weights. */
  readonly use: WeightUse | null;
  /** The name in the file, if `name` was found in another way. */
  readonly storedName: string | null;
  /** Why its elements cannot be mapped. */
  readonly unmapped: string | null;
  /** The operator that takes its elements as codes of quantized weights. */
  readonly quantizedBy: string | null;
  /** It has two dimensions but is not a matrix: the biases of both directions of a recurrent layer. */
  readonly isBias: boolean;
}

export function isMultimodal(config: Readonly<Record<string, unknown>> | null, names: readonly string[]): boolean {
  const hasTower = config !== null && ('vision_config' in config || 'audio_config' in config);
  return hasTower || names.some(isMultimodalName);
}

/** @throws UserError if there are no tensors */
export function fullCheckpoint({
  entries,
  ...opened
}: Pick<FullCheckpoint, 'format' | 'path' | 'files' | 'config'> & {
  readonly entries: readonly TensorEntry[];
}): FullCheckpoint {
  const { path, config } = opened;
  if (entries.length === 0) throw new UserError(`${path} contains no tensors`, 'save the checkpoint again');
  const byName = [...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  const names = byName.map(({ name }) => name);
  return {
    ...opened,
    tensors: new Map(byName.map((entry) => [entry.name, entry])),
    architecture: config ? describeArchitecture(config) : UNKNOWN_ARCHITECTURE,
    multimodal: isMultimodal(config, names),
    onnx: null,
    remote: null,
  };
}
