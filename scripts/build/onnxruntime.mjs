import { chmod, cp, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const package_ = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));

const ORIGINAL = `require(\`../bin/napi-v6/\${process.platform}/\${process.arch}/onnxruntime_binding.node\`)`;

// The path is in a variable, since esbuild would look for files that match a template.
//
// If the library cannot be loaded, the error waits for the first session: `--help` works everywhere, and the error reaches
// the entry point, which prints it, instead of showing a stack over one long line of minified code.
const BESIDE_BUNDLE = `(() => {
  const platform = process.platform + '-' + process.arch;
  const file = './ort/' + process.platform + '/' + process.arch + '/onnxruntime_binding.node';
  try {
    return require(file);
  } catch (cause) {
    const fail = () => {
      const message =
        platform === 'linux-x64'
          ? 'onnxruntime could not be loaded (it needs glibc 2.28 or later): ' + cause.message
          : 'Shadow Gate carries onnxruntime for linux-x64 and this is ' + platform;
      throw Object.assign(new Error(message, { cause }), { code: 'ONNXRUNTIME_MISSING' });
    };
    return { initOrtOnce: fail, InferenceSession: fail, listSupportedBackends: () => [{ name: 'cpu', bundled: true }] };
  }
})()`;

/** esbuild plugin: onnxruntime-node loads its binary from ort/<platform>/<arch>/ beside the bundle. */
export function onnxruntimeBesideBundle() {
  return {
    name: 'onnxruntime-beside-bundle',
    setup(build) {
      build.onLoad({ filter: /[\\/]onnxruntime-node[\\/]dist[\\/]binding\.js$/ }, async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const parts = source.split(ORIGINAL);
        if (parts.length !== 2) {
          return { errors: [{ text: `onnxruntime-node no longer loads its binary with ${ORIGINAL}: see ${path}` }] };
        }
        return { contents: parts.join(BESIDE_BUNDLE), loader: 'js' };
      });
    },
  };
}

/** The two files of Linux x64, the platform of GitHub's runners. The library is found by the binding beside it ($ORIGIN). */
export async function copyOnnxruntime(outdir) {
  const to = join(outdir, 'ort/linux/x64');
  await mkdir(to, { recursive: true });
  for (const file of ['libonnxruntime.so.1', 'onnxruntime_binding.node']) {
    await cp(join(package_, 'bin/napi-v6/linux/x64', file), join(to, file));
    await chmod(join(to, file), 0o644);
  }
}
