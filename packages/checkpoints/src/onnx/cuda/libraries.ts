import { basename } from 'node:path';
import type { CudaMajor } from './driver.ts';
import type { Machine } from './machine.ts';

export interface LibrarySet {
  readonly major: CudaMajor;
  /** In the order of loading: each after those that it needs. */
  readonly paths: readonly string[];
  readonly missing: readonly string[];
}

/** The NEEDED entries of onnxruntime 1.30's CUDA provider but libcuda.so.1. Our graphs need no cuDNN or cuFFT. */
export async function findLibraries(
  machine: Machine,
  major: CudaMajor,
  folders: readonly string[],
): Promise<LibrarySet> {
  const runtime = `libcudart.so.${major}`;
  const blasLt = `libcublasLt.so.${major}`;
  const blas = `libcublas.so.${major}`;
  const random = 'libcurand.so.10';
  // Libraries of toolkits in folders `stubs` are only to link with: they load, and crash when they are called.
  const has = async (folder: string, name: string) => {
    const real = await machine.files.realPath(`${folder}/${name}`);
    return real !== null && !real.includes('/stubs/');
  };
  // Two releases of cuBLAS do not work together.
  const isBlas = async (folder: string) => (await has(folder, blasLt)) && has(folder, blas);
  const isRandom = async (folder: string) =>
    (await has(folder, random)) && (await majorOfRandom(machine, folder)) === major;
  const blasFolder = await firstFolder(folders, isBlas);
  const runtimeFolder = await firstFolder(folders, (folder) => has(folder, runtime));
  const randomFolder = await firstFolder(folders, isRandom);
  const found = [
    [runtime, runtimeFolder],
    [blasLt, blasFolder],
    [blas, blasFolder],
    [random, randomFolder],
  ] as const;
  return {
    major,
    paths: found.flatMap(([name, folder]) => (folder === null ? [] : [`${folder}/${name}`])),
    missing: found.flatMap(([name, folder]) => (folder === null ? [name] : [])),
  };
}

async function firstFolder(
  folders: readonly string[],
  isWanted: (folder: string) => Promise<boolean>,
): Promise<string | null> {
  for (const folder of folders) if (await isWanted(folder)) return folder;
  return null;
}

/** cuRAND 10.2 and 10.3 belong to CUDA 11 and 12, 10.4 and later to CUDA 13. */
const FIRST_MINOR_OF_13 = 4;

async function majorOfRandom(machine: Machine, folder: string): Promise<CudaMajor> {
  const real = (await machine.files.realPath(`${folder}/libcurand.so.10`)) ?? '';
  const [, minor] = /^libcurand\.so\.10\.(\d+)/.exec(basename(real)) ?? [];
  if (minor !== undefined) return Number(minor) >= FIRST_MINOR_OF_13 ? 13 : 12;
  // Files of Python packages have no version: those of CUDA 13 are all in one folder, those of 12 in one each.
  return (await machine.files.has(`${folder}/libcudart.so.13`)) ? 13 : 12;
}
