import type { Plugin } from 'esbuild';

/**
 * esbuild plugin: leave `@huggingface/xetchunk-wasm` out. @huggingface/hub splits files with it before uploads, and
 * nothing is uploaded here; one of its dependencies comes without the text of its license.
 */
export function withoutXetUpload(): Plugin {
  const name = '@huggingface/xetchunk-wasm';
  return {
    name: 'without-xet-upload',
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: 'without-xet-upload' }));
      // Any name can be imported from it.
      build.onLoad({ filter: /./, namespace: 'without-xet-upload' }, () => ({ contents: 'module.exports = {};' }));
    },
  };
}
