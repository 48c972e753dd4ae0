import type { Plugin } from 'esbuild';

/**
 * esbuild plugin: leave `unzip-stream` out. @actions/artifact unpacks with it by default, and
 * src/github/storage/artifacts.ts switches that off, for two reasons: one of its dependencies states no license, and it
 * searches a stream for the ends of files instead of reading the archive's directory.
 */
export function withoutUnzipStream(): Plugin {
  const name = 'unzip-stream';
  return {
    name: `without-${name}`,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: `without-${name}` }));
      build.onLoad({ filter: /./, namespace: `without-${name}` }, () => ({
        contents: `export default { Extract() { throw new Error('this build downloads artifacts whole') } };`,
      }));
    },
  };
}
