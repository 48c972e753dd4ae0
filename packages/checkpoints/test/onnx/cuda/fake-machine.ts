import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import { temporaryFolder } from '../../../../../test/fixtures.ts';
import { Files, type Machine } from '../../../src/onnx/cuda/machine.ts';
import type { PinnedArchive, Pins } from '../../../src/onnx/cuda/pins.ts';
import { type CudaOptions, type CudaSetUp, setUpCuda } from '../../../src/onnx/cuda/set-up.ts';

/** Content of a file, or where a link leads to (relative to its folder). */
type Content = string | { readonly link: string };

export const CACHE = '/opt/hostedtoolcache/shadow-gate';
export const RUNTIME = '/actions/shadow-gate/dist/ort/linux/x64';

export interface FakeOptions {
  /** Files of its file system. */
  readonly files: Readonly<Record<string, Content>>;
  readonly env?: Record<string, string>;
  readonly isRoot?: boolean;
  /** What a program prints; null if it fails. It may change the file system. */
  readonly programs?: (line: string, root: string) => string | null;
  /** What the network answers; by default what is published. */
  readonly fetch?: typeof fetch;
  /** Files that this user may not open. */
  readonly forbidden?: readonly string[];
}

interface FakeMachine {
  readonly machine: Machine;
  readonly root: string;
  /** Command lines, libraries and addresses, in order. */
  readonly ran: string[];
  readonly loaded: string[];
  readonly fetched: string[];
  readonly steps: string[];
  readonly notes: string[];
  /** Set CUDA up on it. */
  setUp(
    options?: Partial<CudaOptions> & { version?: string; wrong?: string | null; fails?: string },
  ): Promise<CudaSetUp>;
  read(path: string): string;
}

type Lists = [string[], string[], string[], string[], string[]];

/** A machine whose `/` is a temporary folder, and whose loader and network only write down what they are asked for. */
export function fakeMachine(options: FakeOptions): FakeMachine {
  const root = temporaryFolder();
  for (const [path, content] of Object.entries({ [`${RUNTIME}/libonnxruntime.so.1`]: '', ...options.files })) {
    put(root, path, content);
  }
  const [ran, loaded, fetched, steps, notes] = Array.from({ length: 5 }, (): string[] => []) as Lists;
  class WithPermissions extends Files {
    override async canReadAndWrite(path: string): Promise<boolean> {
      return options.forbidden?.includes(path) !== true && super.canReadAndWrite(path);
    }
  }
  const machine: Machine = {
    platform: 'linux-x64',
    env: options.env ?? {},
    isRoot: options.isRoot ?? false,
    files: new WithPermissions(root),
    run: async (program, args) => {
      const line = [program, ...args].join(' ');
      ran.push(line);
      return options.programs?.(line, root) ?? null;
    },
    fetch: (input, init) => {
      fetched.push(basename(String(input)));
      return (options.fetch ?? published)(input, init);
    },
    loadLibrary: (path) => void loaded.push(path),
  };
  return {
    ...{ machine, root, ran, loaded, fetched, steps, notes },
    setUp: ({ version = PINS.version, wrong = null, fails, ...more } = {}) =>
      setUpCuda(
        machine,
        {
          version,
          folder: RUNTIME,
          tryCuda: async () => {
            if (fails !== undefined) throw new Error(fails);
            return wrong;
          },
        },
        {
          pins: PINS,
          mayDownloadLibraries: false,
          given: null,
          cache: CACHE,
          mayLoadModule: true,
          retryMilliseconds: 1,
          onStep: (step, outcome) => void steps.push(`${step}: ${outcome}`),
          onNote: (line) => void notes.push(line),
          ...more,
        },
      ),
    read: (path) => readFileSync(join(root, path), 'utf8'),
  };
}

export function put(root: string, path: string, content: Content): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  if (typeof content === 'string') writeFileSync(file, content);
  else symlinkSync(content.link, file);
}

/** The files of a driver that is loaded. */
export function driver(version: string, { gpu = 'Tesla T4' } = {}): Record<string, Content> {
  const library = '/usr/lib/x86_64-linux-gnu';
  return {
    '/dev/nvidia0': '',
    '/dev/nvidiactl': '',
    '/dev/nvidia-uvm': '',
    '/proc/driver/nvidia/version': `NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  ${version}  Release Build\nGCC version:  gcc version 13.3.0\n`,
    '/proc/driver/nvidia/gpus/0000:00:1e.0/information': `Model: \t\t ${gpu}\nIRQ:   \t\t 10\n`,
    [`${library}/libcuda.so.1`]: { link: `libcuda.so.${version}` },
    [`${library}/libcuda.so.${version}`]: 'driver',
  };
}

/** The libraries of a toolkit as NVIDIA installs them: names with a version, and links to them. */
export function toolkit(folder: string, major: 12 | 13): Record<string, Content> {
  const [release, random] = major === 12 ? ['12.8.90', '10.3.9.90'] : ['13.0.96', '10.4.0.35'];
  return Object.fromEntries(
    [
      ['cudart', `${major}`, release],
      ['cublasLt', `${major}`, release],
      ['cublas', `${major}`, release],
      ['curand', '10', random],
    ].flatMap(([name, short, long]): [string, Content][] => [
      [`${folder}/lib${name}.so.${short}`, { link: `lib${name}.so.${long}` }],
      [`${folder}/lib${name}.so.${long}`, `${name} ${long}`],
    ]),
  );
}

const PROVIDER_MEMBERS = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];

/** Archives as the real ones are laid out, made by `tar` and by fflate. */
const archives = new Map<string, Buffer>();

function tarGz(url: string, files: Readonly<Record<string, string>>): PinnedArchive {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) put(folder, name, content);
  put(folder, 'ort/lib/libonnxruntime.so', { link: 'libonnxruntime.so.1' });
  const bytes = execFileSync('tar', ['-cz', '-C', folder, 'ort']);
  return publish(url, bytes, { members: PROVIDER_MEMBERS.map((name) => `/lib/${name}`) });
}

function wheel(url: string, files: Readonly<Record<string, string>>, members: readonly string[]): PinnedArchive {
  const contents = Object.entries(files).map(([name, text], i) => {
    // One of them is stored and not deflated.
    return [name, [Buffer.from(text), { level: i === 0 ? 0 : 6 }]] as const;
  });
  return publish(url, Buffer.from(zipSync(Object.fromEntries(contents) as never)), { members });
}

function publish(url: string, bytes: Buffer, more: Pick<PinnedArchive, 'members'>): PinnedArchive {
  archives.set(url, bytes);
  return { url, sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length, ...more };
}

/** Longer than one block of a tar archive, and not a multiple of one. */
export const providerText = (major: number) => `provider of CUDA ${major} `.repeat(5000);

function providerFiles(folder: string, major: number): Record<string, string> {
  return {
    [`${folder}/README.md`]: 'not wanted',
    [`${folder}/libonnxruntime.so.1`]: 'not wanted',
    [`${folder}/libonnxruntime_providers_cuda.so`]: providerText(major),
    [`${folder}/libonnxruntime_providers_shared.so`]: `shared ${major}`,
  };
}

function libraryWheels(major: 12 | 13): PinnedArchive[] {
  const folder = (name: string) => `nvidia/${major === 13 ? 'cu13' : name}/lib`;
  const one = (name: string, names: readonly string[]) =>
    wheel(
      `https://pypi.test/nvidia_${name}_cu${major}.whl`,
      Object.fromEntries([...names, 'libother.so'].map((file) => [`${folder(name)}/${file}`, `${file} of a wheel`])),
      names.map((file) => `/lib/${file}`),
    );
  return [
    one('cuda_runtime', [`libcudart.so.${major}`]),
    one('cublas', [`libcublasLt.so.${major}`, `libcublas.so.${major}`]),
    one('curand', ['libcurand.so.10']),
  ];
}

export const PINS: Pins = {
  version: '1.30.0',
  providers: {
    12: tarGz('https://github.test/onnxruntime-cuda12.tgz', providerFiles('ort/lib', 12)),
    13: wheel(
      'https://pypi.test/onnxruntime_gpu.whl',
      providerFiles('onnxruntime/capi', 13),
      PROVIDER_MEMBERS.map((name) => `onnxruntime/capi/${name}`),
    ),
  },
  libraries: { 12: libraryWheels(12), 13: libraryWheels(13) },
};

export const archiveBytes = (url: string): Buffer => archives.get(url) ?? Buffer.alloc(0);

/** A network that has the archives, and continues downloads. */
export const published: typeof fetch = async (input, init) => {
  const bytes = archives.get(String(input));
  if (bytes === undefined) return new Response(null, { status: 404 });
  const from = Number(/^bytes=(\d+)-$/.exec(new Headers(init?.headers).get('Range') ?? '')?.[1] ?? 0);
  if (from > 0 && from >= bytes.length) return new Response(null, { status: 416 });
  const headers = from > 0 ? { 'Content-Range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
  return new Response(new Uint8Array(bytes.subarray(from)), { status: from > 0 ? 206 : 200, headers });
};

/** A network without a way out. */
export const offline: typeof fetch = async () => {
  const cause = Object.assign(new Error('getaddrinfo ENOTFOUND github.test'), { code: 'ENOTFOUND' });
  throw new TypeError('fetch failed', { cause });
};
