import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { fixture, readJson, temporaryFolder } from '../fixtures.ts';
import { runCli } from './run-cli.ts';

// The signature was made by model_signing 1.1.1 (test/fixtures/make_signed.py).

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
beforeEach(() => {
  folder = temporaryFolder();
  process.env.SHADOW_GATE_CACHE = at('cache');
  cpSync(fixture('signed', 'model'), at('model'), { recursive: true });
  writeFileSync(at('none.yml'), 'probes: []\n');
  for (const key of ['p256', 'p384']) {
    const pem = readFileSync(fixture('signed', 'keys', `${key}.pem`), 'utf8');
    const text = `probes: []\nsignature:\n  public-key: |\n${pem.replace(/^(?=.)/gm, '    ')}`;
    writeFileSync(at(`${key}.yml`), text);
  }
});

function tamper(): void {
  const bytes = readFileSync(at('model', 'model.safetensors'));
  bytes.writeUInt8(bytes.readUInt8(4870) ^ 1, 4870);
  writeFileSync(at('model', 'model.safetensors'), bytes);
}

interface Entry {
  readonly level: string;
  readonly details: { readonly kind: string };
  readonly message: string;
}

/** Against itself as it was, so nothing else is found. */
async function check(policy: string, ...more: string[]) {
  const baseline = fixture('signed', 'model');
  const own = ['--checkpoint', at('model'), '--baseline', baseline, '--policy', at(`${policy}.yml`)];
  const { code, stdout, stderr } = await runCli('check', ...own, '--json', ...more);
  expect(stderr).not.toMatch(/internal error/);
  const report: { reasons: Entry[] } = JSON.parse(stdout);
  const found = report.reasons.filter(({ details }) => details.kind.startsWith('signature-'));
  return { code, found: found.map(({ level, details, message }) => [details.kind, level, message] as const) };
}

it('a signed checkpoint is said to be signed, and by whom nobody checked', async () => {
  const { code, found } = await check('none');
  expect(code).toBe(0);
  expect(found).toEqual([
    [
      'signature-unchecked',
      'info',
      'The checkpoint is signed, and the signature matches its 2 files, but the policy names no key: who signed it is not checked.',
    ],
  ]);
});

it('one changed bit of a signed file fails, without any policy', async () => {
  tamper();
  const { code, found } = await check('none');
  expect(code).toBe(1);
  expect(found.map(([kind, level]) => [kind, level])).toEqual([['signature-broken', 'fail']]);
  expect(found[0]?.[2]).toContain('model.safetensors is not what was signed');
});

it('a measurement from the cache is no way around the signature', async () => {
  const first = await check('p256');
  expect(first.found.map(([kind]) => kind)).toEqual(['signature-valid']);
  writeFileSync(at('model', 'added.py'), '');
  expect((await check('p256')).found.map(([kind]) => kind)).toEqual(['signature-broken']);
});

it('a policy with a key takes no other signer, and no checkpoint without a signature', async () => {
  expect(await check('p256')).toMatchObject({ code: 0, found: [['signature-valid', 'info', expect.anything()]] });
  expect(await check('p384')).toMatchObject({ code: 1, found: [['signature-refused', 'fail', expect.anything()]] });
  rmSync(at('model', 'model.sig'));
  expect(await check('p256')).toMatchObject({ code: 1, found: [['signature-refused', 'fail', expect.anything()]] });
  expect(await check('none')).toMatchObject({ code: 0, found: [] });
});

it('what was measured without the key of the policy was not checked by it', async () => {
  const measure = (policy: string) =>
    runCli('measure', '--checkpoint', at('model'), '--policy', at(`${policy}.yml`), '--out', at(`${policy}.json`));
  await measure('none');
  await measure('p256');
  const compare = async (measured: string, policy: string) => {
    const files = [at(`${measured}.json`), at('none.json')];
    return (await runCli('compare', ...files, '--policy', at(`${policy}.yml`), '--quiet')).code;
  };
  expect(await compare('p256', 'p256')).toBe(0);
  expect(await compare('none', 'none')).toBe(0);
  expect(await compare('none', 'p256')).toBe(1);
  expect(await compare('p256', 'p384')).toBe(1);
});

it('shards have to agree on it, and what they merge into has it', async () => {
  const shard = async (i: number) => {
    const out = at(`shard-${i}.json`);
    const own = ['--checkpoint', at('model'), '--policy', at('p256.yml'), '--shard', `${i}/2`, '--out', out];
    expect(await runCli('measure', ...own)).toMatchObject({ code: 0 });
    return out;
  };
  const files = [await shard(1), await shard(2)];
  expect(await runCli('merge', ...files, '--out', at('merged.json'))).toMatchObject({ code: 0 });
  const { signature } = readJson<{ signature: { key: string } }>(at('merged.json'));
  expect(signature).toMatchObject({ files: 2, faults: [], key: expect.stringMatching(/^sha256:/) });
  writeFileSync(at('model', 'added.py'), '');
  await shard(2);
  const { code, stderr } = await runCli('merge', ...files, '--out', at('merged.json'));
  expect(code).toBe(2);
  expect(stderr).toContain('another signature');
});

it('something that is not a key is a mistake in the policy', async () => {
  writeFileSync(at('bad.yml'), 'signature:\n  public-key: AAAA\n');
  const { code, stderr } = await runCli('check', '--checkpoint', at('model'), '--policy', at('bad.yml'));
  expect(code).toBe(2);
  expect(stderr).toContain('is not a public key on P-256, P-384 or P-521 in PEM');
});
