import type { Plugin } from 'esbuild';

/** esbuild plugin: packages stay outside of the bundle, but for those of this repository. */
export const packagesOfOthers: Plugin = {
  name: 'packages-of-others',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path }) =>
      path.startsWith('@shadow-gate/') ? undefined : { path, external: true },
    );
  },
};
