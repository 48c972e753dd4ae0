import type { PinnedFile } from './download.ts';
import type { CudaMajor } from './driver.ts';

/** A wheel (zip), or else a .tar.gz archive. */
export interface PinnedArchive extends PinnedFile {
  readonly bytes: number | null;
  /** Ends of the names of its members. They are written under the part after the last slash. */
  readonly members: readonly string[];
}

/** The files of a provider. onnxruntime looks for both next to its own library. */
export const PROVIDER_FILES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'] as const;

/**
 * CUDA 12: an asset of onnxruntime's release 1.30.0 on GitHub. Seven public repositories pin this digest; it was not
 * computed for this pin, and other content is refused.
 *
 * CUDA 13: onnxruntime-gpu 1.30.0 on PyPI, for any version of Python. The file was downloaded for this pin, and the
 * library of onnxruntime-node 1.30.0 loaded its provider.
 */
const PROVIDERS: Readonly<Record<CudaMajor, PinnedArchive>> = {
  12: {
    url: 'https://github.com/microsoft/onnxruntime/releases/download/v1.30.0/onnxruntime-linux-x64-gpu_cuda12-1.30.0.tgz',
    sha256: 'f9886932ee7bb0b4d3fcab736a392d4ff5efaa0672b47f19f0cec03437cf64f1',
    bytes: null,
    members: PROVIDER_FILES.map((name) => `/lib/${name}`),
  },
  13: {
    url: 'https://files.pythonhosted.org/packages/ea/71/b225bd559a718f6cefb058d4f4c4c95e556543f47d4be0e81819681ac347/onnxruntime_gpu-1.30.0-cp311-cp311-manylinux_2_28_x86_64.whl',
    sha256: '4fbf0c5d7b5fb99266c2e8a802e3e64af68bdc383e0f3c7349b985f1087eedaa',
    bytes: 246_658_419,
    members: PROVIDER_FILES.map((name) => `onnxruntime/capi/${name}`),
  },
};

const PYPI = 'https://files.pythonhosted.org/packages';

/** NVIDIA's last releases of CUDA 12.8 and 13.0 (drivers 570 and 580) on PyPI. All were downloaded for these pins. */
const LIBRARIES: Readonly<Record<CudaMajor, readonly PinnedArchive[]>> = {
  12: [
    {
      url: `${PYPI}/0d/9b/a997b638fcd068ad6e4d53b8551a7d30fe8b404d6f1804abf1df69838932/nvidia_cuda_runtime_cu12-12.8.90-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl`,
      sha256: 'adade8dcbd0edf427b7204d480d6066d33902cab2a4707dcfc48a2d0fd44ab90',
      bytes: 954_765,
      members: ['/lib/libcudart.so.12'],
    },
    {
      url: `${PYPI}/dc/61/e24b560ab2e2eaeb3c839129175fb330dfcfc29e5203196e5541a4c44682/nvidia_cublas_cu12-12.8.4.1-py3-none-manylinux_2_27_x86_64.whl`,
      sha256: '8ac4e771d5a348c551b2a426eda6193c19aa630236b418086020df5ba9667142',
      bytes: 594_346_921,
      members: ['/lib/libcublasLt.so.12', '/lib/libcublas.so.12'],
    },
    {
      url: `${PYPI}/fb/aa/6584b56dc84ebe9cf93226a5cde4d99080c8e90ab40f0c27bda7a0f29aa1/nvidia_curand_cu12-10.3.9.90-py3-none-manylinux_2_27_x86_64.whl`,
      sha256: 'b32331d4f4df5d6eefa0554c565b626c7216f87a06a4f56fab27c3b68a830ec9',
      bytes: 63_619_976,
      members: ['/lib/libcurand.so.10'],
    },
  ],
  13: [
    {
      url: `${PYPI}/2e/24/d1558f3b68b1d26e706813b1d10aa1d785e4698c425af8db8edc3dced472/nvidia_cuda_runtime-13.0.96-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl`,
      sha256: '7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548',
      bytes: 2_243_632,
      members: ['/lib/libcudart.so.13'],
    },
    {
      url: `${PYPI}/28/d4/30e630055d8e0f7058cc0d39e562c965d692f4735537d3f02f45d579a280/nvidia_cublas-13.0.2.14-py3-none-manylinux_2_27_x86_64.whl`,
      sha256: '0cf238ffdbe46c00cb9aa98e7bca745c223a5ca5a53e686ac8b3e5a08fe80d6c',
      bytes: 420_882_912,
      members: ['/lib/libcublasLt.so.13', '/lib/libcublas.so.13'],
    },
    {
      url: `${PYPI}/a5/9f/be0a41ca4a4917abf5cb9ae0daff1a6060cc5de950aec0396de9f3b52bc5/nvidia_curand-10.4.0.35-py3-none-manylinux_2_27_x86_64.whl`,
      sha256: '1aee33a5da6e1db083fe2b90082def8915f30f3248d5896bcec36a579d941bfc',
      bytes: 59_544_258,
      members: ['/lib/libcurand.so.10'],
    },
  ],
};

/** Everything that is ever downloaded, for a version of onnxruntime: it works only with a provider of its version. */
export interface Pins {
  readonly version: string;
  readonly providers: Readonly<Record<CudaMajor, PinnedArchive>>;
  readonly libraries: Readonly<Record<CudaMajor, readonly PinnedArchive[]>>;
}

export const CUDA_PINS: Pins = { version: '1.30.0', providers: PROVIDERS, libraries: LIBRARIES };
