import { dirname } from 'node:path';
import type { Machine } from './machine.ts';

/** Libraries of CUDA and of the driver in the output of `ldconfig -p`. */
const LISTED = /^\s*lib(?:cudart|cublas|cublasLt|curand|cuda)\.so\.\d+ \(libc6,x86-64\b.*\) => (\/\S.*)$/gm;

const SYSTEM = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/local/nvidia/lib64', '/usr/local/nvidia/lib'];

/** Folders that may have CUDA's libraries, in the order of preference. @param given the user's */
export async function libraryFolders(machine: Machine, given: string | null): Promise<string[]> {
  const { CUDA_PATH: path = '', CUDA_HOME: home = '', LD_LIBRARY_PATH: search = '' } = machine.env;
  const installed = await matching(machine, '/usr/local', /^cuda(-[\d.]+)?$/);
  const folders = [
    ...(given === null ? [] : [...withSubfolders(given), ...(await sitePackages(machine, given))]),
    ...[path, home].filter((folder) => folder !== '').flatMap(withSubfolders),
    ...search.split(':').filter((folder) => folder.startsWith('/')),
    ...(await knownToLoader(machine)),
    ...installed.sort(newestFirst).flatMap(withSubfolders),
    ...SYSTEM,
    ...(await pythonPackages(machine)),
  ];
  return [...new Set(folders)];
}

const withSubfolders = (folder: string) => [
  folder,
  `${folder}/lib64`,
  `${folder}/lib`,
  `${folder}/targets/x86_64-linux/lib`,
];

const newestFirst = (one: string, other: string) => other.localeCompare(one, 'en', { numeric: true });

async function knownToLoader(machine: Machine): Promise<string[]> {
  // Not every PATH has /sbin.
  const listed = (await machine.run('/sbin/ldconfig', ['-p'])) ?? (await machine.run('ldconfig', ['-p'])) ?? '';
  return [...listed.matchAll(LISTED)].map(([, path = '']) => dirname(path));
}

async function matching({ files }: Machine, folder: string, pattern: RegExp): Promise<string[]> {
  return (await files.names(folder)).filter((name) => pattern.test(name)).map((name) => `${folder}/${name}`);
}

async function pythonPackages(machine: Machine): Promise<string[]> {
  const { VIRTUAL_ENV, CONDA_PREFIX, pythonLocation, HOME, RUNNER_TOOL_CACHE } = machine.env;
  const prefixes = [VIRTUAL_ENV, CONDA_PREFIX, pythonLocation, HOME && `${HOME}/.local`, '/usr/local', '/usr'];
  const versions = RUNNER_TOOL_CACHE ? await matching(machine, `${RUNNER_TOOL_CACHE}/Python`, /^3\./) : [];
  const roots = [...prefixes.filter((prefix) => prefix), ...versions.map((version) => `${version}/x64`)];
  const pythons = (await Promise.all(roots.map((root) => matching(machine, `${root}/lib`, /^python3/)))).flat();
  const sites = pythons.flatMap((python) => [`${python}/site-packages`, `${python}/dist-packages`]);
  return (await Promise.all(sites.map((site) => sitePackages(machine, site)))).flat();
}

async function sitePackages(machine: Machine, site: string): Promise<string[]> {
  return (await matching(machine, `${site}/nvidia`, /^\w+$/)).map((folder) => `${folder}/lib`);
}
