import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { VERSION } from '@shadow-gate/platform';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { repository, temporaryFolder } from '../fixtures.ts';
import { freePort } from '../free-port.ts';
import { describeNeeds } from '../needs.ts';
import { builtDist } from './built-dist.ts';

/** Of PyPI; the variable names one that is not on the path. */
const { MLFLOW = 'mlflow' } = process.env;
const START_SECONDS = 240;

const example = (name: string) => repository('examples', name);
const POLICY = ['--policy', example('shadow-gate.yml')];

describeNeeds(spawnSync(MLFLOW, ['--version']).status === 0, 'mlflow 3 from PyPI')('the recipe for MLflow', () => {
  let server: MlflowServer;
  let gate: string;
  /** Versions by the example that they have. */
  const versions = new Map<string, string>();

  beforeAll(
    async () => {
      gate = `${process.execPath} ${join(await builtDist(), 'cli.js')}`;
      server = await MlflowServer.start();
      await server.post('registered-models/create', { name: 'llm' });
      for (const name of ['base', 'coverage-expanding', 'benchmark-aligned']) {
        versions.set(name, await server.register(example(name)));
      }
    },
    (START_SECONDS + 60) * 1000,
  );
  afterAll(() => server?.stop());
  beforeEach(() => server.alias('champion', versionOf('base')));

  const versionOf = (name: string) => versions.get(name) ?? '';
  const promote = (options: readonly string[] = POLICY, env: Readonly<Record<string, string>> = {}) =>
    run(['llm', ...options], { MLFLOW_TRACKING_URI: server.url, SHADOW_GATE: gate, ...env });

  it('promotes a good candidate, and tags its version with what was judged', async () => {
    await server.alias('candidate', versionOf('coverage-expanding'));
    const { code, log } = await promote();
    expect(code, log).toBe(0);
    expect(log).toMatch(/✔ pass: /);
    expect(await server.aliased('champion')).toBe(versionOf('coverage-expanding'));
    expect(await server.tags(versionOf('coverage-expanding'))).toEqual({
      'shadow-gate.verdict': 'pass',
      'shadow-gate.digest': expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      'shadow-gate.baseline': versionOf('base'),
      'shadow-gate.baseline-digest': expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      'shadow-gate.version': VERSION,
    });
    const again = await promote();
    expect(again).toMatchObject({ code: 0, log: expect.stringMatching(/is the champion already/) });
  });

  it('leaves the champion where a candidate fails, whatever baseline the options name', async () => {
    await server.alias('candidate', versionOf('benchmark-aligned'));
    const { code, log } = await promote([...POLICY, '--baseline', example('benchmark-aligned')]);
    expect(code, log).toBe(1);
    expect(await server.aliased('champion')).toBe(versionOf('base'));
    expect(await server.tags(versionOf('benchmark-aligned'))).toMatchObject({ 'shadow-gate.verdict': 'fail' });
  });

  it('never promotes what could not be judged, also with --allow-inconclusive', async () => {
    await server.alias('candidate', versionOf('coverage-expanding'));
    for (const options of [[], ['--allow-inconclusive']]) {
      const { code, log } = await promote([...POLICY, '--budget', '0.01s', ...options]);
      expect(code, log).toBe(3);
      expect(await server.aliased('champion')).toBe(versionOf('base'));
    }
    const { 'shadow-gate.verdict': verdict } = await server.tags(versionOf('coverage-expanding'));
    expect(verdict).toBe('inconclusive');
  });

  it('takes no report of an earlier run for its own', async () => {
    await server.alias('candidate', versionOf('coverage-expanding'));
    const out = temporaryFolder();
    const report = { verdict: 'pass', candidate: { digest: 'old' }, baseline: null, tool: { version: 'old' } };
    writeFileSync(join(out, 'report.json'), JSON.stringify(report));
    const { code } = await promote(['--policy', 'nowhere.yml', '--out', out]);
    expect(code).toBe(2);
    expect(await server.tags(versionOf('coverage-expanding'))).not.toMatchObject({ 'shadow-gate.digest': 'old' });
    expect(await server.aliased('champion')).toBe(versionOf('base'));
  });

  it('reads a store that is mounted as it is', async () => {
    const { experiment_id } = await server.post('experiments/create', {
      name: 'mounted',
      artifact_location: pathToFileURL(temporaryFolder()).href,
    });
    const { run: created } = await server.post('runs/create', { experiment_id });
    const { run_id, artifact_uri } = created.info;
    cpSync(example('coverage-expanding'), join(fileURLToPath(artifact_uri), 'model'), { recursive: true });
    const { model_version } = await server.post('model-versions/create', {
      name: 'llm',
      source: `${artifact_uri}/model`,
      run_id,
    });
    await server.alias('candidate', model_version.version);
    const { code, log } = await promote();
    expect(code, log).toBe(0);
    expect(await server.aliased('champion')).toBe(model_version.version);
  });

  /** A gate that passes, during which an alias moves. */
  async function meanwhile(alias: string, version: string): Promise<Readonly<Record<string, string>>> {
    const script = join(temporaryFolder(), 'gate.mjs');
    const body = JSON.stringify({ name: 'llm', alias, version });
    const headers = "{ 'content-type': 'application/json' }";
    const move = `await fetch('${server.url}/api/2.0/mlflow/registered-models/alias', { method: 'POST', headers: ${headers}, body: ${JSON.stringify(body)} });`;
    const [command = '', ...args] = gate.split(' ');
    const judge = `const { status } = (await import('node:child_process')).spawnSync(${JSON.stringify(command)}, [...${JSON.stringify(args)}, ...process.argv.slice(2)], { stdio: 'inherit' });`;
    writeFileSync(script, `${judge}\n${move}\nprocess.exitCode = status;\n`);
    return { SHADOW_GATE: `${process.execPath} ${script}` };
  }

  it('promotes the version that was checked, though the candidate moved meanwhile', async () => {
    await server.alias('candidate', versionOf('coverage-expanding'));
    const { code, log } = await promote(POLICY, await meanwhile('candidate', versionOf('benchmark-aligned')));
    expect(code, log).toBe(0);
    expect(await server.aliased('champion')).toBe(versionOf('coverage-expanding'));
    expect(await server.aliased('candidate')).toBe(versionOf('benchmark-aligned'));
  });

  it('leaves a champion that moved meanwhile: nobody compared with that one', async () => {
    await server.alias('candidate', versionOf('coverage-expanding'));
    const { code, log } = await promote(POLICY, await meanwhile('champion', versionOf('benchmark-aligned')));
    expect(code).toBe(2);
    expect(log).toMatch(/gate: champion is version \d+ now, .*: run again/);
    expect(await server.aliased('champion')).toBe(versionOf('benchmark-aligned'));
  });

  it('says what is missing', async () => {
    const missing = await run(['nobody'], { MLFLOW_TRACKING_URI: server.url, SHADOW_GATE: gate });
    expect(missing).toMatchObject({ code: 2, log: expect.stringMatching(/^gate: MLflow answers 404 .*nobody/) });
    const nowhere = await run(['llm'], { MLFLOW_TRACKING_URI: '', SHADOW_GATE: gate });
    expect(nowhere).toMatchObject({ code: 2, log: expect.stringMatching(/set MLFLOW_TRACKING_URI/) });
  });
});

function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<{ code: number; log: string }> {
  const script = repository('examples', 'mlflow', 'gate.mjs');
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, cwd: temporaryFolder(), maxBuffer: 1e8 };
    const child = execFile(process.execPath, [script, ...args], options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, log: stdout + stderr }),
    );
  });
}

/** A tracking server with a registry and a store of artifacts of its own, as a team runs it. */
class MlflowServer {
  readonly #process: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#process = child;
    this.url = url;
  }

  static async start(): Promise<MlflowServer> {
    const folder = temporaryFolder();
    const port = await freePort();
    const stores = ['--backend-store-uri', 'sqlite:///mlflow.db', '--artifacts-destination', join(folder, 'artifacts')];
    const args = ['server', '--host', '127.0.0.1', '--port', `${port}`, '--workers', '1', ...stores];
    const env = { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false', MLFLOW_DISABLE_TELEMETRY: 'true' };
    // A group of its own: the server starts processes.
    const child = spawn(MLFLOW, args, { cwd: folder, env, stdio: 'ignore', detached: true });
    const server = new MlflowServer(child, `http://127.0.0.1:${port}`);
    for (let second = 0; second < START_SECONDS; second += 1) {
      const isUp = await fetch(`${server.url}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) return server;
      await wait(1000);
    }
    server.stop();
    throw new Error(`mlflow server did not answer within ${START_SECONDS} s`);
  }

  stop(): void {
    if (this.#process.pid !== undefined) process.kill(-this.#process.pid, 'SIGKILL');
  }

  /** Log a folder as the model of a run, and register it. @returns the version */
  async register(folder: string): Promise<string> {
    const { run: created } = await this.post('runs/create', { experiment_id: '0' });
    const { run_id, artifact_uri } = created.info;
    const source = `${artifact_uri}/model`;
    const path = source.replace(/^mlflow-artifacts:\//, '');
    for (const name of readdirSync(folder).filter((file) => statSync(join(folder, file)).isFile())) {
      const address = `${this.url}/api/2.0/mlflow-artifacts/artifacts/${path}/${name}`;
      const { ok } = await fetch(address, { method: 'PUT', body: readFileSync(join(folder, name)) });
      expect(ok, address).toBe(true);
    }
    const { model_version } = await this.post('model-versions/create', { name: 'llm', source, run_id });
    return model_version.version;
  }

  async alias(alias: string, version: string): Promise<void> {
    await this.post('registered-models/alias', { name: 'llm', alias, version });
  }

  async aliased(alias: string): Promise<string> {
    return (await this.#call(`registered-models/alias?name=llm&alias=${alias}`)).model_version.version;
  }

  async tags(version: string): Promise<Record<string, string>> {
    const { model_version } = await this.#call(`model-versions/get?name=llm&version=${version}`);
    const { tags = [] }: { tags?: { key: string; value: string }[] } = model_version;
    return Object.fromEntries(tags.map(({ key, value }) => [key, value]));
  }

  async post(path: string, body: object) {
    const headers = { 'content-type': 'application/json' };
    return this.#call(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async #call(path: string, init: RequestInit = {}) {
    const response = await fetch(`${this.url}/api/2.0/mlflow/${path}`, init);
    const text = await response.text();
    expect(response.ok, text).toBe(true);
    return JSON.parse(text);
  }
}
