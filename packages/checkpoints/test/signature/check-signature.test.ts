import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSignature, openCheckpoint } from '@shadow-gate/checkpoints';
import { publicKeyDigest } from '@shadow-gate/platform';
import { describe, expect, it } from 'vitest';
import { fixture, temporaryFolder } from '../../../../test/fixtures.ts';
import { useFakeHub } from '../hub/use-fake-hub.ts';

// Every signature was made by model_signing 1.1.1 (test/fixtures/make_signed.py).

const key = (name: string): string => readFileSync(fixture('signed', 'keys', `${name}.pem`), 'utf8');

/** A copy of the signed checkpoint, to damage. */
function signed(signature?: string): string {
  const folder = join(temporaryFolder(), 'model');
  cpSync(fixture('signed', 'model'), folder, { recursive: true });
  if (signature !== undefined) cpSync(fixture('signed', 'signatures', `${signature}.sig`), join(folder, 'model.sig'));
  return folder;
}

const check = async (path: string, pem?: string) => checkSignature(await openCheckpoint(path), pem);

/** Change one bit. */
function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  writeFileSync(file, bytes);
}

describe('the signature of a checkpoint', () => {
  it.each([
    ['p256', undefined],
    ['p384', 'p384'],
    ['p521', 'p521'],
    // By a certificate, whose key counts.
    ['p256', 'certificate'],
  ] as const)('on %s is by its key and by no other (%s)', async (own, signature) => {
    const folder = signed(signature);
    const digest = publicKeyDigest(key(own));
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await check(folder, key(own))).toEqual({ files: 2, faults: [], key: digest });
    for (const other of ['p256', 'p384', 'p521'].filter((name) => name !== own)) {
      expect(await check(folder, key(other))).toEqual({ files: 2, faults: [], key: null });
    }
    expect(await check(folder)).toEqual({ files: 2, faults: [], key: null });
  });

  it('is null where there is no file for it', async () => {
    const folder = signed();
    rmSync(join(folder, 'model.sig'));
    expect(await check(folder, key('p256'))).toBeNull();
  });

  it('shows one changed bit of the weights, and of the configuration', async () => {
    const folder = signed();
    flip(join(folder, 'model.safetensors'), 4871);
    const weights = { name: 'model.safetensors', fault: 'changed' };
    expect(await check(folder, key('p256'))).toMatchObject({ faults: [weights], key: publicKeyDigest(key('p256')) });
    writeFileSync(join(folder, 'config.json'), `${readFileSync(join(folder, 'config.json'), 'utf8')} `);
    expect((await check(folder))?.faults).toEqual([{ name: 'config.json', fault: 'changed' }, weights]);
  });

  it('does not survive a change of what it lists', async () => {
    const folder = signed();
    const file = join(folder, 'model.sig');
    const bundle = JSON.parse(readFileSync(file, 'utf8'));
    const statement = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString());
    const write = () => {
      bundle.dsseEnvelope.payload = Buffer.from(JSON.stringify(statement)).toString('base64');
      writeFileSync(file, JSON.stringify(bundle));
    };
    // Other bytes that say the same: the files are listed, and nobody signed them.
    write();
    expect(await check(folder, key('p256'))).toEqual({ files: 2, faults: [], key: null });
    // The digest of all is over the digests of each.
    statement.predicate.resources[0].digest = '0'.repeat(64);
    write();
    expect((await check(folder, key('p256')))?.faults).toEqual([{ name: 'model.sig', fault: 'unreadable' }]);
  });

  it('lists every file: none is missing, and none was added', async () => {
    const folder = signed();
    writeFileSync(join(folder, 'modeling.py'), '');
    mkdirSync(join(folder, 'custom_generate'));
    writeFileSync(join(folder, 'custom_generate', 'generate.py'), '');
    symlinkSync('/etc', join(folder, 'link'));
    // What git and a download leave there.
    mkdirSync(join(folder, '.cache'));
    for (const name of ['.gitattributes', '.cache/lock']) writeFileSync(join(folder, name), '');
    const added = ['custom_generate/generate.py', 'link', 'modeling.py'].map((name) => ({ name, fault: 'unsigned' }));
    expect((await check(folder))?.faults).toEqual(added);

    const lone = signed();
    rmSync(join(lone, 'config.json'));
    expect((await check(join(lone, 'model.safetensors')))?.faults).toEqual([]);
    const bare = signed();
    cpSync(fixture('llama-f16', 'model.safetensors'), join(bare, 'model.safetensors'));
    expect((await check(join(bare, 'model.safetensors')))?.faults).toEqual([
      { name: 'model.safetensors', fault: 'changed' },
    ]);
  });

  it('is of the weights, whatever it ignores', async () => {
    expect(await check(signed('without-weights'), key('p256'))).toMatchObject({
      files: 1,
      faults: [{ name: 'model.safetensors', fault: 'unsigned' }],
    });
  });

  it('can be of one file', async () => {
    const folder = signed('lone');
    const path = join(folder, 'model.safetensors');
    expect(await check(path, key('p256'))).toEqual({ files: 1, faults: [], key: publicKeyDigest(key('p256')) });
    flip(path, 4871);
    expect((await check(path))?.faults).toEqual([{ name: 'model.safetensors', fault: 'changed' }]);
    // It is no signature of the folder.
    expect((await check(folder))?.faults.map(({ fault }) => fault)).toEqual(['missing', 'unsigned', 'unsigned']);
  });

  it.each(['shards', 'blake2'])('in a form that is not read is named as that: %s', async (signature) => {
    expect(await check(signed(signature), key('p256'))).toEqual({
      files: 0,
      faults: [{ name: 'model.sig', fault: 'other-form' }],
      key: null,
    });
  });

  it.each(['', '{}', 'null', '{"dsseEnvelope": 1}'])('is a fault if its text is not a signature: %s', async (text) => {
    const folder = signed();
    writeFileSync(join(folder, 'model.sig'), text);
    expect((await check(folder))?.faults).toEqual([{ name: 'model.sig', fault: 'unreadable' }]);
  });
});

describe('the signature of a checkpoint on a hub', async () => {
  const hub = await useFakeHub();
  const file = (name: string) => readFileSync(fixture('signed', 'model', name));
  const files = () => Object.fromEntries(['config.json', 'model.safetensors', 'model.sig'].map((n) => [n, file(n)]));

  it('is compared with what is downloaded', async () => {
    hub.commit('org/model', files());
    const digest = publicKeyDigest(key('p256'));
    expect(await check('hf://org/model', key('p256'))).toEqual({ files: 2, faults: [], key: digest });
  });

  it('shows other weights, an added file, and one that is gone', async () => {
    const { 'config.json': config, 'model.safetensors': weights, ...rest } = files();
    const other = Buffer.from(weights ?? []);
    other.writeUInt8(other.readUInt8(4871) ^ 1, 4871);
    hub.commit('org/other', { ...rest, 'model.safetensors': other, 'config.json': `${config} `, 'modeling.py': '' });
    expect((await check('hf://org/other'))?.faults).toEqual([
      { name: 'config.json', fault: 'changed' },
      { name: 'model.safetensors', fault: 'changed' },
      { name: 'modeling.py', fault: 'unsigned' },
    ]);
  });

  it('is null where there is no file for it', async () => {
    const { 'model.sig': _, ...rest } = files();
    hub.commit('org/bare', rest);
    expect(await check('hf://org/bare', key('p256'))).toBeNull();
  });
});

describe('a public key', () => {
  it.each(['', 'key', key('p256').slice(0, 60)])('is refused if it is not a key', (text) => {
    expect(publicKeyDigest(text)).toBeNull();
  });
});
