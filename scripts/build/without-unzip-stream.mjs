/**
 * esbuild plugin: leave `unzip-stream` out. @actions/artifact unpacks with it unless it is told not to, and src/github/artifacts.ts
 * tells it, for two reasons: of the packages below it one states no licence, and it searches a stream for the ends of files
 * instead of reading the archive's directory.
 */
export function withoutUnzipStream() {
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
