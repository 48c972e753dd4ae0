import { type CudaSettings, cudaOptions, parseLibraries } from '@shadow-gate/checkpoints/onnx';
import { describe, expect, it } from 'vitest';
import { readJson, repository } from '../../../../../test/fixtures.ts';
import { CUDA_PINS } from '../../../src/onnx/cuda/pins.ts';

const settings = (text: string): CudaSettings => {
  const libraries = parseLibraries(text);
  if (libraries === null) throw new Error(text);
  return { libraries, onStep() {}, onNote() {}, onUnusable() {}, onDetail() {} };
};

describe('the settings of CUDA', () => {
  it('downloads libraries by default only on a runner that GitHub hosts', () => {
    const mayDownload = (text: string, env: Record<string, string>) =>
      cudaOptions(settings(text), { env, isRequested: false }).mayDownloadLibraries;
    expect(mayDownload('auto', { RUNNER_ENVIRONMENT: 'github-hosted' })).toBe(true);
    expect(mayDownload('auto', { RUNNER_ENVIRONMENT: 'self-hosted' })).toBe(false);
    expect(mayDownload('auto', {})).toBe(false);
    expect(mayDownload('off', { RUNNER_ENVIRONMENT: 'github-hosted' })).toBe(false);
    expect(mayDownload('download', {})).toBe(true);
    expect(mayDownload('/opt/cuda', { RUNNER_ENVIRONMENT: 'github-hosted' })).toBe(false);
  });

  it("keeps downloads in the runner's tool cache, else in the cache of this tool", () => {
    const cacheOf = (env: Record<string, string>) => cudaOptions(settings('auto'), { env, isRequested: true }).cache;
    expect(cacheOf({ RUNNER_TOOL_CACHE: '/opt/hostedtoolcache', SHADOW_GATE_CACHE: 'off' })).toBe(
      '/opt/hostedtoolcache/shadow-gate',
    );
    expect(cacheOf({ SHADOW_GATE_CACHE: '/data/cache' })).toBe('/data/cache');
    expect(cacheOf({ SHADOW_GATE_CACHE: 'off' })).toBeNull();
  });

  it('loads a kernel module on a machine of its user only on request', () => {
    const mayLoad = (env: Record<string, string>, isRequested: boolean) =>
      cudaOptions(settings('auto'), { env, isRequested }).mayLoadModule;
    expect(mayLoad({}, false)).toBe(false);
    expect(mayLoad({}, true)).toBe(true);
    expect(mayLoad({ CI: 'true' }, false)).toBe(true);
  });

  it('takes a path for a folder, and no misspelled word', () => {
    expect(parseLibraries('/opt/cuda/lib64')).toEqual({ kind: 'folder', path: '/opt/cuda/lib64' });
    expect(parseLibraries('./auto')).toEqual({ kind: 'folder', path: `${process.cwd()}/auto` });
    expect(parseLibraries('donwload')).toBeNull();
  });
});

describe('the pinned downloads', () => {
  it('are those of the onnxruntime that is bundled', () => {
    const { dependencies } = readJson<{ dependencies: Record<string, string> }>(repository('package.json'));
    expect(CUDA_PINS.version).toBe(dependencies['onnxruntime-node']);
    for (const { url } of Object.values(CUDA_PINS.providers)) expect(url).toContain(CUDA_PINS.version);
  });

  it('have an address without redirection by names, a digest, and all files that are needed', () => {
    const archives = [...Object.values(CUDA_PINS.providers), ...Object.values(CUDA_PINS.libraries).flat()];
    for (const { url, sha256 } of archives) {
      expect(url).toMatch(/^https:\/\/(github\.com\/microsoft\/onnxruntime|files\.pythonhosted\.org)\//);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(new Set(archives.map(({ sha256 }) => sha256)).size).toBe(archives.length);
  });
});
