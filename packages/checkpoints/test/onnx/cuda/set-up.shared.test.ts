import { mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  archiveBytes,
  CACHE,
  driver,
  fakeMachine,
  offline,
  PINS,
  providerText,
  published,
  put,
  RUNTIME,
  toolkit,
} from './fake-machine.ts';

const T4 = driver('570.133.20');
const CUDA_12 = '/usr/local/cuda-12.8/lib64';
const TOOLKIT_12 = toolkit(CUDA_12, 12);

/** The order matters: cuBLAS needs cuBLASLt. */
const paths = (folder: string, major = 12) => [
  `${folder}/libcudart.so.${major}`,
  `${folder}/libcublasLt.so.${major}`,
  `${folder}/libcublas.so.${major}`,
  `${folder}/libcurand.so.10`,
];
const LIBCUDA = '/usr/lib/x86_64-linux-gnu/libcuda.so.1';

const PCI = {
  '/sys/bus/pci/devices/0000:00:1e.0/vendor': '0x10de\n',
  '/sys/bus/pci/devices/0000:00:1e.0/class': '0x030200\n',
};

describe('CUDA on the runners that users have', () => {
  it("is set up on GitHub's T4 runner: the kernel module is loaded, and libraries of CUDA 12 are downloaded", async () => {
    // As on the partner image: driver 570, the module not loaded, no toolkit.
    const unloaded = Object.fromEntries(Object.entries(T4).filter(([path]) => !path.startsWith('/dev/')));
    const gpu = fakeMachine({
      files: { ...unloaded, ...PCI },
      programs: (line, root) => {
        if (line !== 'sudo -n modprobe -a nvidia nvidia-uvm') return null;
        for (const node of ['/dev/nvidia0', '/dev/nvidiactl', '/dev/nvidia-uvm']) put(root, node, '');
        return '';
      },
    });
    expect(await gpu.setUp({ mayDownloadLibraries: true })).toEqual({
      kind: 'ready',
      summary: 'Tesla T4, driver 570.133.20, CUDA 12',
    });
    expect(gpu.loaded).toEqual([LIBCUDA, ...paths(`${CACHE}/cuda-12`)]);
    expect(gpu.read(`${CACHE}/cuda-12/libcublas.so.12`)).toBe('libcublas.so.12 of a wheel');
    // onnxruntime looks for the provider next to its library: there is a link to the checked file.
    const link = join(gpu.root, RUNTIME, 'libonnxruntime_providers_cuda.so');
    expect(readlinkSync(link)).toBe(
      join(gpu.root, CACHE, 'onnxruntime-1.30.0-cuda12/libonnxruntime_providers_cuda.so'),
    );
    expect(readFileSync(link, 'utf8')).toBe(providerText(12));
    expect(gpu.fetched.filter((name) => /13|gpu/.test(name))).toEqual([]);
    // A download takes a minute, so that it is announced.
    expect(gpu.notes.map((line) => line.replace(/ \(\d+ MB\)/, ' (n MB)'))).toEqual(
      gpu.fetched.map((name) => `downloading ${name} (n MB)`),
    );
    expect(gpu.steps).toEqual([
      'device: an NVIDIA GPU at PCI address 0000:00:1e.0, but no /dev/nvidia0',
      'kernel module: loaded',
      'device: /dev/nvidia0',
      `driver: 570.133.20, which runs CUDA 12 (${LIBCUDA})`,
      'CUDA 12: without libcudart.so.12, libcublasLt.so.12, libcublas.so.12, libcurand.so.10',
      ...['cuda_runtime', 'cublas', 'curand'].map(
        (name) => `nvidia_${name}_cu12.whl: 0 MB downloaded, and its SHA-256 is right`,
      ),
      'onnxruntime-cuda12.tgz: 0 MB downloaded, and its SHA-256 is right',
      `loaded: ${[LIBCUDA, ...paths(`${CACHE}/cuda-12`)].join(', ')}`,
      'trial: a product in float64 and an attention in float32 are right',
    ]);
  });

  it("takes the toolkit of RunsOn's image, which the system's loader knows, and downloads only the provider", async () => {
    const folder = '/usr/local/cuda-12.6/targets/x86_64-linux/lib';
    const stubs = toolkit(`${folder}/stubs`, 12);
    const gpu = fakeMachine({
      files: { ...driver('580.95.05'), ...toolkit(folder, 12), ...stubs, [`${folder}/stubs/libcuda.so.1`]: '' },
      // Libraries to link with, which crash when they are called.
      env: { CUDA_PATH: `${folder}/stubs` },
      programs: (line) =>
        line === '/sbin/ldconfig -p'
          ? `312 libs found in cache\n\tlibcublas.so.12 (libc6,x86-64) => ${folder}/libcublas.so.12\n\tlibcuda.so.1 (libc6) => /usr/lib/i386-linux-gnu/libcuda.so.1\n`
          : null,
    });
    expect(await gpu.setUp()).toEqual({ kind: 'ready', summary: 'Tesla T4, driver 580.95.05, CUDA 12' });
    expect(gpu.loaded).toEqual([LIBCUDA, ...paths(folder)]);
    expect(gpu.fetched).toEqual(['onnxruntime-cuda12.tgz']);
  });

  it('says what a container with only driver libraries is missing, and that it can be downloaded', async () => {
    const gpu = fakeMachine({ files: { ...T4, '/.dockerenv': '' } });
    expect(await gpu.setUp()).toEqual({
      kind: 'unusable',
      problem:
        'libraries of CUDA 12 are missing (libcudart.so.12, libcublasLt.so.12, libcublas.so.12, libcurand.so.10)',
      hint: 'set cuda-libraries to download, or to the folder that has them',
    });
    expect(gpu.fetched).toEqual([]);
    expect(gpu.loaded).toEqual([]);
  });

  it('tells a container that was started without the GPU of its machine, and loads no module there', async () => {
    const gpu = fakeMachine({ files: { ...PCI, '/.dockerenv': '' }, isRoot: true });
    expect(await gpu.setUp()).toMatchObject({ kind: 'unusable', hint: expect.stringContaining('--gpus all') });
    expect(gpu.ran).toEqual([]);
  });

  it("takes the libraries of NVIDIA's Python packages, which are in a folder each", async () => {
    const site = '/opt/venv/lib/python3.12/site-packages/nvidia';
    const files = {
      [`${site}/cuda_runtime/lib/libcudart.so.12`]: '',
      [`${site}/cublas/lib/libcublas.so.12`]: '',
      [`${site}/cublas/lib/libcublasLt.so.12`]: '',
      [`${site}/curand/lib/libcurand.so.10`]: '',
    };
    const gpu = fakeMachine({ files: { ...T4, ...files }, env: { VIRTUAL_ENV: '/opt/venv' } });
    expect(await gpu.setUp()).toMatchObject({ kind: 'ready' });
    expect(gpu.loaded).toEqual([
      LIBCUDA,
      `${site}/cuda_runtime/lib/libcudart.so.12`,
      `${site}/cublas/lib/libcublasLt.so.12`,
      `${site}/cublas/lib/libcublas.so.12`,
      `${site}/curand/lib/libcurand.so.10`,
    ]);
  });

  it('uses CUDA 13 where only that is installed and the driver runs it', async () => {
    const folder = '/usr/local/cuda/lib64';
    const files = toolkit(folder, 13);
    const gpu = fakeMachine({ files: { ...driver('580.95.05', { gpu: 'NVIDIA L4' }), ...files } });
    expect(await gpu.setUp()).toEqual({ kind: 'ready', summary: 'NVIDIA L4, driver 580.95.05, CUDA 13' });
    expect(gpu.loaded).toEqual([LIBCUDA, ...paths(folder, 13)]);
    expect(gpu.fetched).toEqual(['onnxruntime_gpu.whl']);
    expect(gpu.read(`${RUNTIME}/libonnxruntime_providers_cuda.so`)).toBe(providerText(13));
  });

  it('does not load CUDA 13 with driver 570, and says which driver it needs', async () => {
    const gpu = fakeMachine({ files: { ...T4, ...toolkit('/usr/local/cuda/lib64', 13) } });
    expect(await gpu.setUp()).toMatchObject({
      kind: 'unusable',
      // The libcurand.so.10 that is there belongs to CUDA 13.
      problem: expect.stringMatching(/libcurand\.so\.10\), and those of CUDA 13 need driver 580 or later$/),
    });
    expect(gpu.loaded).toEqual([]);
  });

  it('reads a folder of libraries and archives where there is no network', async () => {
    const gpu = fakeMachine({ files: { ...T4, ...toolkit('/mnt/cuda', 12) }, fetch: offline });
    for (const { url } of [PINS.providers[12]]) {
      writeFileSync(join(gpu.root, '/mnt/cuda/onnxruntime-cuda12.tgz'), archiveBytes(url));
    }
    expect(await gpu.setUp({ given: '/mnt/cuda' })).toMatchObject({ kind: 'ready' });
    expect(gpu.loaded).toEqual([LIBCUDA, ...paths('/mnt/cuda')]);
    expect(gpu.fetched).toEqual([]);
    expect(gpu.steps).toContain('onnxruntime-cuda12.tgz: taken from /mnt/cuda');
  });
});

describe('a machine without a usable GPU', () => {
  it('has none: that is no problem, and nothing is run or fetched but the search', async () => {
    // A display device of another vendor, and a device of NVIDIA that is no display.
    const gpu = fakeMachine({
      files: {
        '/sys/bus/pci/devices/0000:00:02.0/vendor': '0x1002',
        '/sys/bus/pci/devices/0000:00:02.0/class': '0x030000',
        '/sys/bus/pci/devices/0000:00:03.0/vendor': '0x10de',
        '/sys/bus/pci/devices/0000:00:03.0/class': '0x040300',
      },
    });
    expect(await gpu.setUp()).toEqual({
      kind: 'no-gpu',
      problem: 'there is no NVIDIA GPU',
      hint: 'use a machine with one, or device cpu',
    });
    expect([gpu.ran, gpu.fetched, gpu.loaded]).toEqual([[], [], []]);
  });

  it('says so if the kernel module cannot be loaded, or may not', async () => {
    const problem = "NVIDIA's kernel module is not loaded: there is a GPU and no /dev/nvidia0";
    const asked = fakeMachine({ files: PCI });
    expect(await asked.setUp()).toMatchObject({ kind: 'unusable', problem });
    expect(asked.ran).toEqual(['sudo -n modprobe -a nvidia nvidia-uvm']);
    expect(asked.steps).toContain('kernel module: sudo -n modprobe -a nvidia nvidia-uvm failed');
    const root = fakeMachine({ files: PCI, isRoot: true });
    await root.setUp();
    expect(root.ran).toEqual(['modprobe -a nvidia nvidia-uvm']);
    const notAllowed = fakeMachine({ files: PCI });
    expect(await notAllowed.setUp({ mayLoadModule: false })).toMatchObject({ kind: 'unusable', problem });
    expect(notAllowed.ran).toEqual([]);
  });

  it('gets the part of the module that computes where only the rest was loaded', async () => {
    const { '/dev/nvidia-uvm': _, ...graphics } = { ...T4, ...TOOLKIT_12 };
    const programs = () => '';
    const gpu = fakeMachine({ files: graphics, programs });
    expect(await gpu.setUp()).toMatchObject({ kind: 'ready' });
    expect(gpu.ran.slice(0, 2)).toEqual(['sudo -n modprobe -a nvidia nvidia-uvm', 'sudo -n nvidia-modprobe -c 0 -u']);
    const container = fakeMachine({ files: { ...graphics, '/run/.containerenv': '' }, programs });
    await container.setUp();
    expect(container.ran.filter((line) => line.includes('modprobe'))).toEqual([]);
  });

  it('names the file that this user may not open', async () => {
    const gpu = fakeMachine({ files: { ...T4, ...TOOLKIT_12 }, forbidden: ['/dev/nvidiactl'] });
    expect(await gpu.setUp()).toEqual({
      kind: 'unusable',
      problem: 'this user may not use /dev/nvidiactl',
      hint: 'add the user to the group of that file, often video or render',
    });
  });

  it('refuses a driver that is too old, and one without its library', async () => {
    const old = fakeMachine({ files: { ...driver('470.256.02'), ...TOOLKIT_12 } });
    expect(await old.setUp()).toMatchObject({ problem: "NVIDIA's driver 470.256.02 is too old for CUDA 12" });
    const { [LIBCUDA]: _, ...without } = T4;
    const graphics = fakeMachine({ files: without });
    expect(await graphics.setUp()).toMatchObject({
      problem: "libcuda.so.1 of NVIDIA's driver is not there",
      hint: expect.stringContaining('NVIDIA_DRIVER_CAPABILITIES'),
    });
  });

  it('says how much memory of the GPU is free: of several, of the one with the most', async () => {
    const smi = 'nvidia-smi --query-gpu=memory.free --format=csv,noheader,nounits';
    const programs = (line: string) => (line === smi ? '2048\n14913\n[N/A]\n' : null);
    const gpu = fakeMachine({ files: { ...T4, ...TOOLKIT_12 }, programs });
    expect(await gpu.setUp()).toMatchObject({ kind: 'ready', memory: 14913 * 2 ** 20 });
    expect(gpu.steps).toContain('memory: 14.6 GiB free');
  });

  it('takes the version of the driver from its library where the kernel does not show it', async () => {
    const { '/proc/driver/nvidia/version': _, ...sandbox } = T4;
    const gpu = fakeMachine({ files: { ...sandbox, ...TOOLKIT_12 } });
    expect(await gpu.setUp()).toMatchObject({ summary: 'Tesla T4, driver 570.133.20, CUDA 12' });
  });
});

/** As onnxruntime 1.30 says it. */
const FAILURE_35 =
  '/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:154 std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*) [with ERRTYPE = cudaError; bool THRW = true] CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=-1 ; hostname=vm ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider.cc ; line=352 ; expr=cudaSetDevice(info_.device_id); ';

describe('the provider', () => {
  const files = { ...T4, ...TOOLKIT_12 };

  it('is downloaded once, and again if a kept file was damaged', async () => {
    const gpu = fakeMachine({ files });
    await gpu.setUp();
    await gpu.setUp();
    expect(gpu.fetched).toEqual(['onnxruntime-cuda12.tgz']);
    const kept = join(gpu.root, CACHE, 'onnxruntime-1.30.0-cuda12/libonnxruntime_providers_cuda.so');
    writeFileSync(kept, 'damaged');
    expect(await gpu.setUp()).toMatchObject({ kind: 'ready' });
    expect(gpu.fetched).toHaveLength(2);
    expect(readFileSync(kept, 'utf8')).toBe(providerText(12));
  });

  it('is not unpacked, linked or loaded with a wrong checksum', async () => {
    const other = archiveBytes(PINS.libraries[12][0]?.url ?? '');
    const gpu = fakeMachine({ files, fetch: async () => new Response(new Uint8Array(other)) });
    expect(await gpu.setUp()).toMatchObject({
      kind: 'unusable',
      problem: expect.stringMatching(/^https:\/\/github\.test\/\S+ has the SHA-256 [0-9a-f]{64} and not [0-9a-f]{64},/),
    });
    expect(gpu.loaded).toEqual([]);
    const { names } = gpu.machine.files;
    expect(await names.call(gpu.machine.files, RUNTIME)).toEqual(['libonnxruntime.so.1']);
    expect(await names.call(gpu.machine.files, `${CACHE}/onnxruntime-1.30.0-cuda12`)).toEqual([]);
  });

  it('of a folder is not used either with a wrong checksum', async () => {
    const gpu = fakeMachine({ files: { ...files, '/mnt/onnxruntime-cuda12.tgz': 'another one' } });
    expect(await gpu.setUp({ given: '/mnt' })).toMatchObject({
      problem: expect.stringMatching(/^\/mnt\/onnxruntime-cuda12\.tgz has the SHA-256/),
    });
  });

  it('is continued where a connection broke, in one run and in the next', async () => {
    const ranges: (string | null)[] = [];
    let breaks = 2;
    const breaking: typeof fetch = async (input, init) => {
      ranges.push(new Headers(init?.headers).get('Range'));
      const response = await published(input, init);
      if (breaks === 0) return response;
      breaks -= 1;
      const bytes = new Uint8Array(await response.arrayBuffer());
      let sent = false;
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (sent) controller.error(new TypeError('terminated'));
          else controller.enqueue(bytes.slice(0, 100));
          sent = true;
        },
      });
      return new Response(stream, { status: response.status, headers: response.headers });
    };
    const gpu = fakeMachine({ files, fetch: breaking });
    expect(await gpu.setUp()).toMatchObject({ kind: 'ready' });
    expect(ranges).toEqual([null, 'bytes=100-', 'bytes=200-']);
    expect(gpu.read(`${RUNTIME}/libonnxruntime_providers_cuda.so`)).toBe(providerText(12));

    const later = fakeMachine({ files, fetch: breaking });
    const folder = join(later.root, CACHE, 'onnxruntime-1.30.0-cuda12');
    mkdirSync(folder, { recursive: true });
    const { url } = PINS.providers[12];
    writeFileSync(join(folder, 'onnxruntime-cuda12.tgz.part'), archiveBytes(url).subarray(0, 300));
    expect(await later.setUp()).toMatchObject({ kind: 'ready' });
    expect(ranges.at(-1)).toBe('bytes=300-');
  });

  it('says in one line what to do without a network', async () => {
    const gpu = fakeMachine({ files, fetch: offline });
    const result = await gpu.setUp();
    expect(result).toEqual({
      kind: 'unusable',
      problem: 'https://github.test/onnxruntime-cuda12.tgz could not be downloaded: getaddrinfo ENOTFOUND github.test',
      hint: 'download it elsewhere, and set cuda-libraries to the folder that has it',
    });
    // No retries: there is no network.
    expect(gpu.fetched).toHaveLength(1);
  });

  it('of another version of onnxruntime is not loaded', async () => {
    const gpu = fakeMachine({ files });
    expect(await gpu.setUp({ version: '1.31.0' })).toMatchObject({
      kind: 'unusable',
      problem: 'there is no CUDA provider for onnxruntime 1.31.0: this tool knows that of 1.30.0',
    });
    expect([gpu.loaded, gpu.fetched]).toEqual([[], []]);
  });

  it('that somebody has put next to the library is not loaded unless it is the same', async () => {
    const path = `${RUNTIME}/libonnxruntime_providers_cuda.so`;
    const other = fakeMachine({ files: { ...files, [path]: 'version 1.22' } });
    expect(await other.setUp()).toMatchObject({
      kind: 'unusable',
      problem: `${path} is another provider than the one that fits onnxruntime here`,
      hint: 'remove it',
    });
    const same = fakeMachine({ files: { ...files, [path]: providerText(12) } });
    expect(await same.setUp()).toMatchObject({ kind: 'ready' });
  });

  it('of an earlier link is replaced', async () => {
    const path = `${RUNTIME}/libonnxruntime_providers_cuda.so`;
    const gpu = fakeMachine({ files: { ...files, [path]: { link: '/gone/onnxruntime-1.29.0/provider.so' } } });
    expect(await gpu.setUp()).toMatchObject({ kind: 'ready' });
    expect(gpu.read(path)).toBe(providerText(12));
  });

  it('is not used if it fails or computes wrongly', async () => {
    const gpu = fakeMachine({ files });
    expect(await gpu.setUp({ fails: FAILURE_35 })).toMatchObject({
      problem:
        "onnxruntime's CUDA provider does not work here (CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version)",
    });
    expect(await gpu.setUp({ wrong: 'a product in float64 is wrong' })).toMatchObject({
      problem: 'CUDA computes wrongly here: a product in float64 is wrong',
    });
    expect(gpu.steps.at(-1)).toBe(
      'result: CUDA is not used: CUDA computes wrongly here: a product in float64 is wrong',
    );
  });

  it('needs a folder, and a given folder has to exist', async () => {
    const gpu = fakeMachine({ files });
    expect(await gpu.setUp({ cache: null })).toMatchObject({ problem: expect.stringContaining('SHADOW_GATE_CACHE') });
    expect(await gpu.setUp({ given: '/mnt/none' })).toMatchObject({
      problem: 'cuda-libraries is /mnt/none, which does not exist',
    });
  });
});
