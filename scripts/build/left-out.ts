import type { Plugin } from 'esbuild';

/** Packages that packages of others import and nothing here uses, and the CommonJS module in place of each. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  // @actions/artifact unpacks with it by default, and src/github/storage/artifacts.ts switches that off, for two
  // reasons: one of its dependencies states no license, and it searches a stream for the ends of files instead of
  // reading the archive's directory.
  'unzip-stream': throwing('Extract', 'this build downloads artifacts whole'),
  // @huggingface/hub splits files with it before uploads, and nothing is uploaded here; one of its dependencies comes
  // without the text of its license. Any name can be imported from it.
  '@huggingface/xetchunk-wasm': 'module.exports = {};',
  // minipass-fetch, through @actions/attest, converts answers in other character sets than UTF-8 with it (half a
  // megabyte of tables), in a method that nothing calls: sigstore's servers answer in JSON.
  encoding: throwing('convert', 'this build reads answers in UTF-8 only'),
};

/** esbuild plugin: leave these packages out. */
export function leftOut(): Plugin {
  return {
    name: 'left-out',
    setup(build) {
      for (const [name, contents] of Object.entries(LEFT_OUT)) {
        const namespace = `left-out-${name}`;
        build.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace }));
        build.onLoad({ filter: /./, namespace }, () => ({ contents }));
      }
    },
  };
}

function throwing(name: string, why: string): string {
  return `exports.${name} = () => { throw new Error('${why}'); };`;
}
