import { chmod, cp, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'esbuild';

const package_ = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));

const ORIGINAL = `require(\`../bin/napi-v6/\${process.platform}/\${process.arch}/onnxruntime_binding.node\`)`;

interface Loading {
  /** An expression for the path. It is in a variable, since esbuild would look for files that match a template. */
  readonly file: string;
  /** Platforms for which there is a library, if it is not damaged. */
  readonly known: readonly string[];
  /** An expression for the message on any other platform. */
  readonly missing: string;
}

/**
 * The expression that takes the place of the original one.
 *
 * If the library cannot be loaded, the error waits for the first session: `--help` works everywhere, and the entry
 * point prints the error, instead of a stack over one long line of minified code.
 */
const loading = ({ file, known, missing }: Loading): string => `(() => {
  const platform = process.platform + '-' + process.arch;
  const folder = process.platform + '/' + process.arch;
  try {
    const file = ${file};
    return require(file);
  } catch (cause) {
    const fail = () => {
      const message = ${JSON.stringify(known)}.includes(platform)
        ? 'onnxruntime could not be loaded (on Linux it needs glibc 2.28 or later): ' + cause.message
        : ${missing};
      throw Object.assign(new Error(message, { cause }), { code: 'ONNXRUNTIME_MISSING' });
    };
    return { initOrtOnce: fail, InferenceSession: fail, listSupportedBackends: () => [{ name: 'cpu', bundled: true }] };
  }
})()`;

const BESIDE_BUNDLE = loading({
  file: "'./ort/' + folder + '/onnxruntime_binding.node'",
  known: ['linux-x64'],
  missing: "'this copy of Shadow Gate carries onnxruntime for linux-x64, and this is ' + platform",
});

const IN_PACKAGE = loading({
  file: "require.resolve('onnxruntime-node/package.json').replace(/package\\.json$/, 'bin/napi-v6/' + folder + '/onnxruntime_binding.node')",
  known: ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64'],
  missing: "'onnxruntime-node has no library for ' + platform",
});

/** esbuild plugin: onnxruntime-node loads its library from ort/<platform>/<arch>/ next to the bundle. */
export const onnxruntimeBesideBundle = (): Plugin => plugin(BESIDE_BUNDLE);

/** esbuild plugin: it loads its library from the package of its name, which is installed with the bundle. */
export const onnxruntimeInPackage = (): Plugin => plugin(IN_PACKAGE);

function plugin(replacement: string): Plugin {
  return {
    name: 'onnxruntime-library',
    setup(build) {
      build.onLoad({ filter: /[\\/]onnxruntime-node[\\/]dist[\\/]binding\.js$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const parts = source.split(ORIGINAL);
        if (parts.length !== 2) {
          return { errors: [{ text: `onnxruntime-node no longer loads its library with ${ORIGINAL}: see ${path}` }] };
        }
        return { contents: parts.join(replacement), loader: 'js' };
      });
    },
  };
}

/**
 * The two files of Linux x64, the platform of GitHub's runners. The binding finds the library next to itself ($ORIGIN).
 */
export async function copyOnnxruntime(outdir: string): Promise<void> {
  const to = join(outdir, 'ort/linux/x64');
  await mkdir(to, { recursive: true });
  for (const file of ['libonnxruntime.so.1', 'onnxruntime_binding.node']) {
    await cp(join(package_, 'bin/napi-v6/linux/x64', file), join(to, file));
    await chmod(join(to, file), 0o644);
  }
}
