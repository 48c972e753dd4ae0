import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Deep enough for a hostile path that climbs out of the workspace. */
const WORKSPACE = 'a/b/c/workspace';

/**
 * The toolkit uses zstd if it is installed (packages/cache/src/internal/cacheUtils.ts, getCompressionMethod), else
 * gzip.
 */
async function hasZstd(): Promise<boolean> {
  return run('zstd', ['--quiet', '--version']).then(
    () => true,
    () => false,
  );
}

/**
 * The version under which @actions/cache looks for these paths on Linux (getCacheVersion). It depends on the strings
 * and their order: `./a` is not `a`.
 */
export async function cacheVersion(paths: readonly string[]): Promise<string> {
  const compression = (await hasZstd()) ? 'zstd-without-long' : 'gzip';
  return createHash('sha256')
    .update([...paths, compression, '1.0'].join('|'))
    .digest('hex');
}

/** An archive as @actions/cache makes it, of files by their paths in the workspace. */
export async function cacheArchive(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'shadow-gate-archive-'));
  try {
    const workspace = join(folder, WORKSPACE);
    await mkdir(workspace, { recursive: true });
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(workspace, path)), { recursive: true });
      await writeFile(join(workspace, path), text);
    }
    const archive = join(folder, 'archive');
    const compression = (await hasZstd()) ? ['--use-compress-program', 'zstdmt'] : ['-z'];
    await run('tar', ['--posix', '-cf', archive, '-P', '-C', workspace, ...compression, '--', ...Object.keys(files)]);
    return await readFile(archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
