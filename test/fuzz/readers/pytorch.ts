import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '@shadow-gate/platform';
import type { Random } from '@shadow-gate/probes/random';
import { unzipSync } from 'fflate';
import { readPickle } from '../../../packages/checkpoints/src/formats/pickle/interpreter.ts';
import { PickleError } from '../../../packages/checkpoints/src/formats/pickle/pickle-error.ts';
import { Storages } from '../../../packages/checkpoints/src/formats/pickle/storages.ts';
import { tensorVocabulary } from '../../../packages/checkpoints/src/formats/pickle/tensor-vocabulary.ts';
import { readDcpMetadata } from '../../../packages/checkpoints/src/formats/shards/dcp-metadata.ts';
import type { Fuzzer } from '../fuzzer.ts';
import { bytesOf, single, writeInput } from '../input.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { mutatePickle, mutateTorchFile } from '../mutate/pickle.ts';
import { mutateSafetensors } from '../mutate/safetensors.ts';
import { openAndPlan } from '../open-and-plan.ts';
import { seedBytes } from '../seeds.ts';

const FOLDER = 'test/fixtures/pytorch';
const FILES = ['odd.pt', 'odd-legacy.pt', 'odd-protocol4.pt', 'run.pt'];
const METADATA = ['shards/run/.metadata', 'shards/fsdp2/pytorch_model_fsdp_0/.metadata'];

/** The pickle of a file of torch.save. */
function pickleOf(file: Uint8Array): Uint8Array {
  if (file[0] !== 0x50) return file;
  const found = Object.entries(unzipSync(file)).find(([name]) => name.endsWith('data.pkl'));
  if (!found) throw new Error('no pickle');
  return found[1];
}

export const pickle: Fuzzer = {
  name: 'pickle',
  about: 'a pickle of tensors, or of what torch.distributed.checkpoint says of them',
  make: (random) => {
    const name = random.pick([...FILES, ...METADATA]);
    const bytes = seedBytes(FOLDER, name);
    return single(mutatePickle(name.endsWith('.pt') ? pickleOf(bytes) : bytes, random));
  },
  run: (input) => {
    const bytes = Buffer.from(bytesOf(input));
    const refused = [() => readPickle(bytes, tensorVocabulary(new Storages(5).load)), () => readDcpMetadata(bytes)].map(
      (read) => {
        try {
          read();
          return null;
        } catch (error) {
          if (error instanceof PickleError) return error;
          throw error;
        }
      },
    );
    const [first] = refused;
    if (first && refused.every((error) => error !== null)) throw new UserError(first.message, 'use another one');
  },
};

export const torchFile: Fuzzer = {
  name: 'torch-file',
  about: 'a file of torch.save, in an archive or not',
  make: (random) => ({ 'model.pt': mutateTorchFile(seedBytes(FOLDER, random.pick(FILES)), random) }),
  run: (input, folder) => {
    writeInput(input, folder);
    return openAndPlan(join(folder, 'model.pt'), folder);
  },
};

const SHARDS = ['hf', 'hf-grid', 'fsdp2/pytorch_model_fsdp_0', 'run'];

function mutateShard(name: string, bytes: Uint8Array, random: Random): Uint8Array {
  if (name.endsWith('.safetensors')) return mutateSafetensors(bytes, random);
  return name === '.metadata' ? mutatePickle(bytes, random) : mutateBytes(bytes, random);
}

export const shards: Fuzzer = {
  name: 'shards',
  about: 'the files that the processes of a training run left',
  make: (random) => {
    const inner = random.pick(SHARDS);
    const names = readdirSync(join(FOLDER, 'shards', inner)).sort();
    const files = Object.fromEntries(names.map((name) => [name, seedBytes(FOLDER, 'shards', inner, name)]));
    const [name, other] = [random.pick(names), random.pick(names)];
    const content = bytesOf(files, name);
    if (random.int(0, 9) === 0) return { ...files, [name]: bytesOf(files, other) };
    if (random.int(0, 9) === 0) return Object.fromEntries(Object.entries(files).filter(([own]) => own !== name));
    return { ...files, [name]: mutateShard(name, content, random) };
  },
  run: (input, folder) => {
    writeInput(input, folder);
    return openAndPlan(folder, dirname(join(folder, 'x')));
  },
};
