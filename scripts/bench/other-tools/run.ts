// Compares our language models with llama.cpp and lm-evaluation-harness on this machine's processor: times, peak
// memory, and how far scores are from transformers in float32. Usage: npm run bench:peers -- --models DIR [--folder
// DIR] [--python PATH]
//
// --models has models that are used where they are there, each twice: NAME.gguf and NAME/, a checkpoint directory with
// the same weights in bfloat16 and a tokenizer.json; links are not followed. NAME is smollm2-135m-instruct (the GGUF
// file is Q4_1), qwen2.5-coder-0.5b-instruct or qwen2.5-coder-1.5b-instruct (Q4_K_M). --folder keeps the other tools,
// and results by the last commit that changed sources: a run that was interrupted goes on there. --python has torch,
// transformers, gguf and lm_eval; without it they are installed into the folder. Threads of both are what the process
// may use: `taskset -c 0` gives each one.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { chooseModelDevice } from '@shadow-gate/checkpoints/onnx';
import { openCheckpointSource, outlineModel } from '@shadow-gate/language-model';
import { describeMachine, outputOf } from '../../machine.ts';
import { TEXTS } from '../../real-models/prompts.ts';
import { openGemmMeter } from '../gemm-rate.ts';
import { withBundles } from '../process-bundle.ts';
import { type Question, startContestant } from './contestant.ts';
import { installLlamaCpp, installPython, LLAMA_CPP_VERSION } from './install.ts';
import { drawPassages } from './passages.ts';
import { openResults } from './results.ts';
import { differences, referenceScores } from './scores.ts';
import { tablesOf } from './table.ts';
import { measureCommand, taskCommands } from './task-commands.ts';
import { type Start, timedWork, timeWork } from './timed-work.ts';

const MODELS = ['smollm2-135m-instruct', 'qwen2.5-coder-0.5b-instruct', 'qwen2.5-coder-1.5b-instruct'];
const QUESTIONS = 100;
const SCORED_QUESTIONS = 20;
const REPEATS = 3;

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { values } = parseArgs({
  options: {
    models: { type: 'string' },
    folder: { type: 'string', default: join(tmpdir(), 'shadow-gate-peers') },
    python: { type: 'string' },
  },
});
if (values.models === undefined) throw new Error('--models is missing: see the comment at the top of the script');
const models = resolve(values.models);
const found = MODELS.filter((name) => existsSync(join(models, `${name}.gguf`)) && existsSync(join(models, name)));
if (found.length === 0) throw new Error(`${models} has none of ${MODELS.join(', ')}`);
const folder = resolve(values.folder);
mkdirSync(folder, { recursive: true });
const llamaModule = installLlamaCpp(folder);
const python = values.python ?? installPython(folder);
const sources = outputOf('git', 'log', '-1', '--format=%h', '--', 'src', 'packages', 'scripts', 'package-lock.json');
const results = openResults(join(folder, `results-${sources ?? 'of-no-commit'}.json`));
const passages = drawPassages(QUESTIONS);

const meter = await openGemmMeter(await chooseModelDevice('cpu'));
const bundles = {
  own: 'scripts/bench/other-tools/own-process.ts',
  llama: 'scripts/bench/other-tools/llama-process.ts',
};
await withBundles(bundles, async (scripts) => {
  // The command line as it is built from these sources.
  await promisify(execFile)(process.execPath, [
    ...process.execArgv,
    join(root, 'scripts/build.ts'),
    '--outdir',
    join(scripts, 'dist'),
  ]);
  for (const model of found) {
    const questions = await encoded(join(models, model));
    await compareEngines(model, contestantsFor(join(models, `${model}.gguf`), scripts), questions);
    const tools = { cli: join(scripts, 'dist/cli.js'), python };
    for (const command of taskCommands(join(models, model), tools)) {
      await results.measure(`${model}, ${command.name}`, () =>
        measureCommand(command, model, passages, { python, folder }),
      );
    }
  }
});
await meter.close();
const tables = `${describeMachine()} · ${LLAMA_CPP_VERSION}\n\n${tablesOf(results.cells())}`;
writeFileSync(join(folder, 'tables.md'), tables);
console.log(`\n${tables}`);

interface Asked {
  readonly passages: readonly Question[];
  /** Texts from their second token on. */
  readonly texts: readonly Question[];
}

async function encoded(checkpoint: string): Promise<Asked> {
  const { tokenizer } = await outlineModel(await openCheckpointSource({ checkpoint, device: 'cpu' }), {
    needsTokenizer: true,
  });
  const encode = (text: string) => tokenizer?.encode(text, { addSpecialTokens: false }) ?? [];
  const asked = {
    passages: passages.map(({ passage, options }) => ({
      prompt: encode(passage),
      choices: options.map((option) => encode(` ${option}`)),
    })),
    texts: TEXTS.map((text) => {
      const [first = 0, ...rest] = encode(text);
      return { prompt: [first], choices: [rest] };
    }),
  };
  await tokenizer?.close?.();
  return asked;
}

function contestantsFor(gguf: string, scripts: string): readonly [Start, Start, Start] {
  const script = join(scripts, 'llama.js');
  const parameters = [llamaModule, gguf, String(availableParallelism())];
  return [
    { name: 'ours', script: join(scripts, 'own.js'), parameters: [gguf] },
    { name: 'llama.cpp', script, parameters },
    { name: 'llama.cpp, prompts kept', script, parameters: [...parameters, 'kept'] },
  ];
}

async function compareEngines(model: string, [own, llama, keeping]: readonly [Start, Start, Start], asked: Asked) {
  for (const work of timedWork(asked.passages, REPEATS)) {
    await results.measure(`${model}, ${work.title}`, async () => ({
      kind: 'time',
      model,
      work: work.title,
      parts: work.parts,
      gigaflops: (await meter.rate()) / 1e9,
      contestants: await timeWork(work, work.isShared ? [own, llama, keeping] : [own, llama]),
    }));
  }
  await results.measure(`${model}, scores`, async () => {
    const questions = [...asked.passages.slice(0, SCORED_QUESTIONS), ...asked.texts];
    const { version, logprobs: expected } = referenceScores(python, own.parameters[0] ?? '', questions);
    const contestants: Array<{ name: string } & ReturnType<typeof differences>> = [];
    for (const { name, script, parameters } of [own, llama]) {
      const contestant = await startContestant(script, parameters);
      const { logprobs = [] } = await contestant.ask({ kind: 'score', questions });
      contestants.push({ name, ...differences(logprobs, expected) });
      await contestant.end();
    }
    return {
      kind: 'scores',
      model,
      reference: `${version}, float32`,
      tokens: contestants[0]?.tokens ?? 0,
      contestants,
    };
  });
}
