/** Run `work` as if in a process of its own: environment, working directory, standard output, exit code. */
export async function asProcess(
  { environment, folder }: { environment: Readonly<Record<string, string>>; folder: string },
  work: () => Promise<void>,
): Promise<{ code: number; log: string }> {
  const own = { environment: { ...process.env }, folder: process.cwd(), exitCode: process.exitCode };
  const streams = [process.stdout, process.stderr];
  const writes = streams.map(({ write }) => write);
  let log = '';
  replaceEnvironment(environment);
  process.chdir(folder);
  process.exitCode = undefined;
  for (const stream of streams) {
    stream.write = ((chunk: string | Uint8Array) => {
      log += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      return true;
    }) as typeof stream.write;
  }
  try {
    await work();
    return { code: Number(process.exitCode ?? 0), log };
  } finally {
    for (const [i, stream] of streams.entries()) stream.write = writes[i] ?? stream.write;
    process.exitCode = own.exitCode;
    process.chdir(own.folder);
    replaceEnvironment(own.environment);
  }
}

function replaceEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, environment);
}
