import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import { FolderFiles, isInside } from '@shadow-gate/platform/files';
import {
  type Architecture,
  describeArchitecture,
  parseJsonObject,
  readConfig,
  UNKNOWN_ARCHITECTURE,
} from '../config/architecture.ts';
import { DIFFUSERS_ADAPTER, foreignAdapter } from '../formats/adapter-names.ts';
import { ADAPTER, ADAPTER_CONFIG, INDEX, MLX_ADAPTER, PICKLED_ADAPTER, SINGLE } from '../hub/weight-formats.ts';
import type { Adapter } from './adapter.ts';
import { readMlxAdapter } from './mlx.ts';
import { readPeftAdapter } from './peft.ts';

/** Is this the directory of an adapter, supported or not? */
export async function isAdapterDirectory(directory: string): Promise<boolean> {
  const names = new Set(await readdir(directory));
  const hasAdapter = [ADAPTER_CONFIG, ADAPTER, PICKLED_ADAPTER, MLX_ADAPTER, DIFFUSERS_ADAPTER].some((name) =>
    names.has(name),
  );
  return hasAdapter && !names.has(SINGLE) && !names.has(INDEX);
}

/** Open a folder with an adapter of PEFT or mlx-lm. @throws UserError for other adapters or unmeasurable modules */
export async function openAdapter(files: FolderFiles): Promise<Adapter> {
  const { path } = files;
  const names = new Set(await readdir(path));
  const configFile = join(path, ADAPTER_CONFIG);
  if (!names.has(ADAPTER_CONFIG)) {
    if (names.has(DIFFUSERS_ADAPTER)) throw foreignAdapter(join(path, DIFFUSERS_ADAPTER), 'diffusers', null);
    const weights = [ADAPTER, PICKLED_ADAPTER].find((name) => names.has(name)) ?? MLX_ADAPTER;
    throw new UserError(
      `${path} has ${weights} and no ${ADAPTER_CONFIG}, so that the scale of the update is not known`,
      `add the file: ${weights === MLX_ADAPTER ? 'mlx-lm' : 'PEFT'} writes both`,
    );
  }
  const config = parseJsonObject((await files.text(ADAPTER_CONFIG)) ?? '', configFile);
  const read = isMlxConfig(config, names) ? readMlxAdapter : readPeftAdapter;
  const { base, ...adapter } = await read(path, config);
  if (adapter.modules.length === 0 && adapter.saved.size === 0)
    throw new UserError(`${path} adapts no module`, 'save the adapter again');
  const architecture = await baseArchitecture(path, base);
  return { format: 'lora', path, files, ...adapter, config, architecture, remote: null };
}

/** mlx-lm saves its training arguments, PEFT the adapter's type. If a converter wrote both, the weights decide. */
function isMlxConfig(config: Record<string, unknown>, names: ReadonlySet<string>): boolean {
  if (names.has(MLX_ADAPTER)) return true;
  return !('peft_type' in config) && ('lora_parameters' in config || 'fine_tune_type' in config);
}

/** Read only inside the adapter's folder and the working directory: an adapter can name any path of the machine. */
async function baseArchitecture(path: string, base: string | null): Promise<Architecture> {
  const roots = await Promise.all([path, '.'].map((root) => realpath(root)));
  for (const named of base === null ? [] : [resolve(path, base), resolve(base)]) {
    const folder = await realpath(named).catch(() => null);
    if (folder === null || !roots.some((root) => isInside(folder, root))) continue;
    const config = await readConfig(new FolderFiles(folder)).catch(() => null);
    if (config) return describeArchitecture(config);
  }
  return UNKNOWN_ARCHITECTURE;
}

const MAX_FOLDERS = 100;

/** The error for a folder of adapters, as PEFT saves several; null if there are none. */
export async function adaptersInside(path: string): Promise<UserError | null> {
  const folders = (await readdir(path)).sort().slice(0, MAX_FOLDERS);
  const found: string[] = [];
  for (const name of folders) {
    const config = await stat(join(path, name, ADAPTER_CONFIG)).catch(() => null);
    if (config?.isFile()) found.push(name);
  }
  if (found[0] === undefined) return null;
  const named = found.slice(0, 4).map((name) => JSON.stringify(name));
  return new UserError(
    `${path} has ${found.length === 1 ? 'an adapter' : `${found.length} adapters`} in folders of their own: ${named.join(', ')}`,
    `give the path of one of them, such as ${join(path, found[0])}`,
  );
}
