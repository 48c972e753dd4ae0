/**
 * esbuild plugin: leave `@huggingface/xetchunk-wasm` out. @huggingface/hub cuts files with it before it uploads them, and
 * nothing is uploaded here; of the packages below it one comes without the text of its licence.
 */
export function withoutXetUpload() {
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
