import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { ID_TOKEN, type Identity, startAuthority } from '../sigstore/authority.ts';
import { builtDist } from './built-dist.ts';
import { annotations, FAIL, PASS, useRig, WARN, WEIGHTS } from './rig.ts';
import { HEAD_SHA, type Outcome, PULL_REQUEST, PUSH } from './run-action.ts';

// Certificates, logs and times are those of Sigstore's own tests (@sigstore/mock), and GitHub is a fake: nothing here
// was signed by the public authority.

const rig = useRig();
let identity: Identity = {};
let authority: Awaited<ReturnType<typeof startAuthority>>;
beforeAll(async () => {
  authority = await startAuthority(() => identity);
});
afterAll(() => authority.stop());
beforeEach(() => {
  identity = {};
});

const PUBLIC = {
  ...PULL_REQUEST,
  payload: {
    ...PULL_REQUEST.payload,
    repository: { ...PULL_REQUEST.payload.repository, visibility: 'public' },
  },
};
const attest = (inputs: Record<string, string>, options: Parameters<typeof rig.gate>[1] = {}) =>
  rig.gate({ ...inputs, attest: 'true' }, { event: PUBLIC, environment: ID_TOKEN, ...options });

/** `shadow-gate verify` on what a run has left. */
async function verify(
  { outputs }: Pick<Outcome, 'outputs'>,
  { root = authority.trustedRoots, more = [] as string[], repository = 'o/r' } = {},
) {
  writeFileSync(rig.path('root.jsonl'), root);
  const files = ['--report', outputs.report ?? '', '--bundle', outputs.attestation ?? ''];
  const trusted = ['--repository', repository, '--trusted-root', rig.path('root.jsonl')];
  return runCli('verify', ...files, ...trusted, ...more);
}

const statementOf = (bundle: unknown) =>
  JSON.parse(Buffer.from((bundle as { dsseEnvelope: { payload: string } }).dsseEnvelope.payload, 'base64').toString());

it.each([
  ['pass', PASS, 0, 0],
  ['warn', WARN, 0, 0],
  ['fail', FAIL, 1, 1],
  ['inconclusive', { ...PASS, ...WEIGHTS, baseline: 'base.json' }, 1, 3],
] as const)('every verdict is attested, and verify ends as it says: %s', async (verdict, inputs, code, exit) => {
  if (verdict === 'inconclusive') await otherVersion();
  const outcome = await attest(inputs);
  expect(outcome.outputs.verdict, outcome.log).toBe(verdict);
  expect(outcome.code, outcome.log).toBe(code);
  expect(outcome.log).toContain('Attestation: https://github.com/o/r/attestations/1');
  const verified = await verify(outcome);
  expect(verified, verified.stderr).toMatchObject({ code: exit });
  expect(verified.stdout).toContain('https://github.com/o/r/.github/workflows/gate.yml@refs/heads/main');
  expect(rig.github.attestations).toEqual([JSON.parse(readFileSync(outcome.outputs.attestation ?? '', 'utf8'))]);
});

/** A baseline that another minor version has measured. */
async function otherVersion(): Promise<void> {
  const { outputs } = await rig.gate({ ...PASS, cache: 'off' });
  const measured = JSON.parse(readFileSync(outputs.measurement ?? '', 'utf8'));
  measured.tool.version = '0.1.0';
  writeFileSync(rig.path('base.json'), JSON.stringify(measured));
}

it('what is signed is the report and nothing else', async () => {
  const outcome = await attest({ ...PASS, reference: 'model' });
  const report = JSON.parse(readFileSync(outcome.outputs.report ?? '', 'utf8'));
  const { subject, predicate, predicateType } = statementOf(rig.github.attestations[0]);
  expect(predicateType).toBe('https://github.com/OWNER/shadow-gate/verdict/v1');
  const digest = (text: string) => ({ sha256: text.replace('sha256:', '') });
  expect(subject).toEqual([
    { name: report.candidate.path, digest: digest(report.candidate.digest) },
    { name: 'report.json', digest: predicate.report },
  ]);
  expect(predicate).toMatchObject({
    verdict: report.verdict,
    exitCode: 0,
    baseline: digest(report.baseline.digest),
    reference: digest(report.reference.digest),
    policy: null,
    tool: report.tool,
    commit: HEAD_SHA,
  });
});

it('the policy that was used is named by its digest', async () => {
  const text = 'probes: []\n';
  writeFileSync(rig.path('shadow-gate.yml'), text);
  const outcome = await attest(PASS, { event: { ...PUSH, payload: { ...PUSH.payload, ...visibility() } } });
  const { predicate } = statementOf(rig.github.attestations[0]);
  // `printf 'probes: []\n' | sha256sum`
  expect(predicate.policy, outcome.log).toEqual({
    sha256: 'dba782f536dd251496257cb7a60f2f3b9ed11c2555a43838d12e55e51040655d',
  });
});
const visibility = () => ({ repository: { ...PULL_REQUEST.payload.repository, visibility: 'public' } });

describe('verify', () => {
  it('refuses a report that was changed by one character', async () => {
    const outcome = await attest(PASS);
    const file = outcome.outputs.report ?? '';
    writeFileSync(file, readFileSync(file, 'utf8').replace('"device": "cpu"', '"device": "gpu"'));
    const { code, stderr, stdout } = await verify(outcome);
    expect(code).toBe(2);
    expect(stderr).toContain('the attestation is of another report');
    expect(stdout).toBe('');
  });

  it('refuses an attestation of which a byte was changed', async () => {
    const outcome = await attest(FAIL);
    const file = outcome.outputs.attestation ?? '';
    const bundle = JSON.parse(readFileSync(file, 'utf8'));
    const statement = statementOf(bundle);
    statement.predicate.verdict = 'pass';
    bundle.dsseEnvelope.payload = Buffer.from(JSON.stringify(statement)).toString('base64');
    writeFileSync(file, JSON.stringify(bundle));
    const { code, stderr } = await verify(outcome);
    expect(code).toBe(2);
    expect(stderr).toContain('the signature of the attestation is not valid');
  });

  it('refuses the run of another repository, and its workflow', async () => {
    identity = { repository: 'evil/r', workflow: 'evil/r/.github/workflows/gate.yml@refs/heads/main' };
    const foreign = await attest(PASS);
    expect((await verify(foreign)).stderr).toContain('of a run of https://github.com/evil/r, and not of o/r');
    expect(await verify(foreign, { repository: 'evil/r' })).toMatchObject({ code: 0 });
    // Whose name begins alike.
    expect(await verify(foreign, { repository: 'evil/rr' })).toMatchObject({ code: 2 });
    identity = { workflow: 'evil/shared/.github/workflows/gate.yml@refs/heads/main' };
    const shared = await attest(PASS);
    expect((await verify(shared)).stderr).toContain('is signed by the workflow https://github.com/evil/shared/');
    const more = ['--workflow', 'evil/shared/.github/workflows/gate.yml'];
    expect(await verify(shared, { more })).toMatchObject({ code: 0 });
  });

  it('refuses another workflow of the repository, and another ref', async () => {
    const outcome = await attest(PASS);
    const by = async (workflow: string) => (await verify(outcome, { more: ['--workflow', workflow] })).code;
    expect(await by('.github/workflows/gate.yml')).toBe(0);
    expect(await by('.github/workflows/gate.yml@refs/heads/main')).toBe(0);
    expect(await by('.github/workflows/gate.yml@refs/heads/mai')).toBe(2);
    expect(await by('.github/workflows/other.yml')).toBe(2);
    expect(await by('gate.yml')).toBe(2);
  });

  it('refuses a signer that is no workflow on GitHub', async () => {
    identity = { issuer: 'https://gitlab.com' };
    const { code, stderr } = await verify(await attest(PASS));
    expect(code).toBe(2);
    expect(stderr).toContain('and not by a workflow on GitHub');
  });

  it('refuses an authority that nobody trusts', async () => {
    const outcome = await attest(PASS);
    expect(await verify(outcome, { root: authority.github })).toMatchObject({ code: 2 });
    const other = await startAuthority(() => identity);
    expect(await verify(outcome, { root: other.trustedRoots })).toMatchObject({ code: 2 });
    expect(await verify(outcome, { root: '{}' })).toMatchObject({ code: 2 });
    expect(await verify(outcome, { root: authority.publicGood })).toMatchObject({ code: 0 });
  });

  it('compares the checkpoint, if it is given', async () => {
    const outcome = await attest(PASS);
    expect(await verify(outcome, { more: ['--checkpoint', rig.path('model')] })).toMatchObject({ code: 0 });
    const { code, stderr } = await verify(outcome, { more: ['--checkpoint', rig.path('broken')] });
    expect(code).toBe(2);
    expect(stderr).toContain('the verdict is not about');
  });

  it.each(['chat_template.jinja', 'tokenizer.json', 'generation_config.json', 'modeling_x.py'])(
    'refuses the weights that were judged with another %s than was judged',
    async (file) => {
      const outcome = await attest(PASS);
      writeFileSync(rig.path('model', file), '{}');
      const { code, stderr } = await verify(outcome, { more: ['--checkpoint', rig.path('model')] });
      expect(code, stderr).toBe(2);
      expect(stderr).toContain('the digest of its tokenizer, templates, generation config and code is sha256:');
    },
  );
});

it('a private repository is signed by the authority of GitHub, with a timestamp in place of a log', async () => {
  const outcome = await attest(PASS, { event: PULL_REQUEST });
  expect(rig.github.attestations[0]).toMatchObject({
    verificationMaterial: { timestampVerificationData: { rfc3161Timestamps: [expect.anything()] } },
  });
  expect(JSON.stringify(rig.github.attestations[0])).not.toContain('tlogEntries');
  const { code, stderr } = await verify(outcome, { root: authority.github });
  expect(code, stderr).toBe(0);
  expect(await verify(outcome, { root: authority.publicGood })).toMatchObject({ code: 2 });
});

it.each([
  ['no identity', { environment: {} }, /id-token: write/],
  [
    'an identity that GitHub refuses',
    { environment: { ...ID_TOKEN, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x' } },
    /identity/,
  ],
] as const)('without an attestation the verdict stays and the step fails: %s', async (_, options, message) => {
  await expectUnattested(await attest(PASS, options), message);
  expect(rig.github.attestations).toEqual([]);
});

it('the same where the token may not store it', async () => {
  rig.github.canWriteAttestations = false;
  await expectUnattested(await attest(PASS), /attestations: write/);
});

async function expectUnattested(outcome: Outcome, message: RegExp): Promise<void> {
  expect(outcome.code).toBe(1);
  expect(outcome.outputs).toMatchObject({ verdict: 'pass', attestation: '' });
  expect(annotations(outcome)).toContainEqual(
    expect.objectContaining({ name: 'error', message: expect.stringMatching(message) }),
  );
  expect(annotations(outcome).at(-1)?.message).toMatch(/^the verdict is not attested: /);
  // What the check found is no one's to change.
  expect(rig.github.checkRuns.at(-1)).toMatchObject({ conclusion: 'success' });
}

it('the built action attests, and the built command line verifies', async () => {
  const dist = await builtDist();
  const [tsx, preload] = [import.meta.resolve('tsx'), new URL('../sigstore/preload.ts', import.meta.url).href];
  const roots = rig.path('built.jsonl');
  const NODE_OPTIONS = `--import ${tsx} --import ${preload}`;
  const environment = { ...ID_TOKEN, NODE_OPTIONS, SIGSTORE_ROOTS: roots };
  const outcome = await rig.spawn({ dist }, { ...PASS, attest: 'true' }, { event: PUBLIC, environment });
  expect(outcome.code, outcome.log).toBe(0);
  const { report = '', attestation = '' } = outcome.outputs;
  const verifyBuilt = () =>
    promisify(execFile)(process.execPath, [
      join(dist, 'cli.js'),
      ...['verify', '--report', report, '--bundle', attestation],
      ...['--repository', 'o/r', '--trusted-root', roots, '--checkpoint', rig.path('model')],
    ]);
  expect((await verifyBuilt()).stdout).toContain('The attestation is valid.');
  writeFileSync(report, `${readFileSync(report, 'utf8')} `);
  await expect(verifyBuilt()).rejects.toMatchObject({ code: 2 });
});

it('nothing is attested that nobody asked for', async () => {
  const outcome = await rig.gate(PASS, { event: PUBLIC, environment: ID_TOKEN });
  expect(outcome.outputs.attestation).toBe('');
  expect(rig.github.attestations).toEqual([]);
});
