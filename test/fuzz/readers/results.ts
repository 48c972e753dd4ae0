import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { decodeSpectrum } from '../../../src/measure/cache/spectrum-cache.ts';
import type { Measurement } from '../../../src/measure/schema/measurement.ts';
import { parseMeasurement } from '../../../src/measure/schema/read.ts';
import { measurementText, storedMeasurement } from '../../../src/measure/schema/write.ts';
import { mergeFiles } from '../../../src/measure/shards/merge.ts';
import { parseReport } from '../../../src/report/json.ts';
import { type Fuzzer, promise } from '../fuzzer.ts';
import { single, textOf, writeInput } from '../input.ts';
import { jsonBytes, mutateJson } from '../mutate/json.ts';
import { madeSeed } from '../seeds.ts';
import { expectShowable, judge } from '../showable.ts';

const MEASUREMENTS = ['measurement.json', 'probes.json'];

export const measurement: Fuzzer = {
  name: 'measurement',
  about: 'a measurement, as candidate and as baseline',
  make: (random) => {
    const name = random.pick(MEASUREMENTS);
    const made = madeSeed(name) as Record<string, unknown>;
    const seed = random.int(0, 1) === 0 ? made : { ...storedMeasurement(made as Measurement) };
    const part = random.pick(Object.keys(seed));
    const edited =
      random.int(0, 1) === 0 ? mutateJson(seed, random) : { ...seed, [part]: mutateJson(seed[part], random) };
    return { name: new TextEncoder().encode(name), input: jsonBytes(edited, random) };
  },
  run: (input) => {
    const read = parseMeasurement(textOf(input), 'measurement.json');
    promise(
      [JSON.stringify(read), measurementText(read)].every((text) =>
        isDeepStrictEqual(parseMeasurement(text, 'measurement.json'), read),
      ),
      'a measurement is another one after it was written and read',
    );
    const original = parseMeasurement(
      JSON.stringify(madeSeed(new TextDecoder().decode(input.name as Uint8Array))),
      'seed',
    );
    for (const report of [judge(read, null), judge(read, original), judge(original, read)]) expectShowable(report);
  },
};

export const report: Fuzzer = {
  name: 'report',
  about: 'report.json of another run',
  make: (random) => single(jsonBytes(mutateJson(madeSeed('report.json'), random), random)),
  run: (input) => expectShowable(parseReport(textOf(input), 'report.json')),
};

export const shards: Fuzzer = {
  name: 'shards',
  about: 'the files of two shards',
  make: (random) => {
    const edited = random.int(0, 1);
    const made = (index: number) => {
      const seed = madeSeed(`shard-${index + 1}.json`);
      return index === edited
        ? jsonBytes(mutateJson(seed, random), random)
        : new TextEncoder().encode(JSON.stringify(seed));
    };
    return { 'a.json': made(0), 'b.json': made(1) };
  },
  run: async (input, folder) => {
    writeInput(input, folder);
    const merged = await mergeFiles([join(folder, 'a.json'), join(folder, 'b.json')]);
    expectShowable(judge(merged, null));
  },
};

const KEY = 'a'.repeat(64);

export const spectrumEntry: Fuzzer = {
  name: 'spectrum-entry',
  about: 'an entry of the store of spectra',
  make: (random) => {
    const { tensors } = madeSeed('measurement.json') as Measurement;
    const { status, method, accumulation, metrics, spectrum } = random.pick(tensors);
    const entry = { schema: 'shadow-gate/spectrum@1', key: KEY, status, method, accumulation, metrics, spectrum };
    return single(jsonBytes(mutateJson(entry, random), random));
  },
  // Never an error: what is damaged is measured again.
  run: (input) => decodeSpectrum(textOf(input), KEY),
};
