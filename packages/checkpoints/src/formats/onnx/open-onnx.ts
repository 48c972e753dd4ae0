import { basename, dirname } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { FolderFiles } from '@shadow-gate/platform/files';
import { describeArchitecture, readConfig, UNKNOWN_ARCHITECTURE } from '../../config/architecture.ts';
import { isMultimodalName } from '../../naming/place.ts';
import { isMeasuredDtype } from '../../tensors/dtype.ts';
import type { FullCheckpoint } from '../full-checkpoint.ts';
import { readOnnxTensors } from './tensors.ts';

/**
 * Open an ONNX model. Only its structure is read.
 * @param path as the user gave it
 * @param file the real file behind it
 * @param files of its folder
 * @throws UserError for anything but a complete model with floating-point weights
 */
export async function openOnnx(path: string, file: string, files: FolderFiles): Promise<FullCheckpoint> {
  const tensors = await readOnnxTensors(path, file);
  if (tensors.length === 0) throw new UserError(`${path} contains no tensors`, 'export it with its weights');
  const weights = tensors.filter(({ use }) => use !== null);
  if (!weights.some(({ dtype }) => isMeasuredDtype(dtype))) {
    const dtypes = [...new Set(tensors.map(({ dtype }) => dtype))].sort().join(', ');
    throw new UserError(
      `${path} has no floating-point matrix of weights; its tensors are ${dtypes}`,
      'give the model that it was quantized from: a quantized one cannot be measured',
    );
  }
  const config = await configOf(files);
  const byName = [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    format: 'onnx',
    path,
    files,
    tensors: new Map(byName.map((tensor) => [tensor.name, tensor])),
    architecture: config ? describeArchitecture(config) : UNKNOWN_ARCHITECTURE,
    multimodal: byName.some(({ name }) => isMultimodalName(name)),
    config,
    onnx: byName,
    remote: null,
  };
}

/** config.json is next to the model or, in the layout of Transformers.js, in the folder above `onnx`. */
async function configOf(files: FolderFiles): Promise<Record<string, unknown> | null> {
  const own = await readConfig(files);
  return own ?? (basename(files.path) === 'onnx' ? readConfig(new FolderFiles(dirname(files.path))) : null);
}
