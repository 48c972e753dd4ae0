import { basename, dirname, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { FolderFiles } from '@shadow-gate/platform/files';
import { readConfig } from '../../config/architecture.ts';
import { INDEX } from '../../hub/weight-formats.ts';
import { isMeasuredDtype } from '../../tensors/dtype.ts';
import { refuseForeignFile } from '../foreign-files.ts';
import { type FullCheckpoint, fullCheckpoint, isMultimodal } from '../full-checkpoint.ts';
import { resolveFile } from '../safetensors.ts';
import type { WeightsEntry } from '../weights-entry.ts';
import { readOnnxTensors } from './tensors.ts';

/** @param file the real path @throws UserError for anything but a complete model with floating-point weights */
async function openOnnx(path: string, file: string, files: FolderFiles): Promise<FullCheckpoint> {
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
  const onnx = [...tensors].sort((a, b) => (a.name < b.name ? -1 : 1));
  const checkpoint = fullCheckpoint({ format: 'onnx', path, files, config, entries: onnx });
  return { ...checkpoint, multimodal: isMultimodal(null, [...checkpoint.tensors.keys()]), onnx };
}

/** config.json is next to the model or, in Transformers.js's layout, in the folder above `onnx`. */
async function configOf(files: FolderFiles): Promise<Record<string, unknown> | null> {
  const own = await readConfig(files);
  return own ?? (basename(files.path) === 'onnx' ? readConfig(new FolderFiles(dirname(files.path))) : null);
}

/** The only ONNX model of a directory without safetensors. */
export const onnx: WeightsEntry = {
  recognizes: ({ names }) => {
    const all = [...names];
    const [model, ...others] = all.filter((name) => name.endsWith('.onnx'));
    const isOnly = others.length === 0 && !all.some((name) => name.endsWith('.safetensors') || name === INDEX);
    return isOnly ? (model ?? null) : null;
  },
  otherSets: ['named', 'pickles'],
  open: async ({ path, files }, model) => {
    await refuseForeignFile(join(path, model));
    return openOnnx(join(path, model), await resolveFile(path, model), files);
  },
  file: {
    recognizes: ({ path, foreign }) => foreign === null && path.endsWith('.onnx'),
    open: ({ path, file, files }) => openOnnx(path, file, files),
  },
};
