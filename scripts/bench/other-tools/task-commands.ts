import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { readMeasurement } from '../../../src/measure/schema/index.ts';
import { type Passage, TASK_NAME, taskYaml } from './passages.ts';
import type { Cell } from './results.ts';

/** A command that answers a task's questions, from start to file. */
interface Command {
  readonly name: string;
  /** @param task a folder with the task's YAML and a policy that lists it */
  line(task: string, out: string): readonly string[];
  /** Whether each answer is right, in the order of the questions. */
  right(out: string): Promise<readonly boolean[]>;
}

export interface Tools {
  /** The built command line. */
  readonly cli: string;
  readonly python: string;
}

/**
 * Batches of 8: `auto` begins with 64 sequences of the model's full length, whose logits alone outgrow a machine like
 * this.
 */
const BATCH = '8';

/** Ours, and lm-evaluation-harness's in the two precisions that its users choose from. */
export function taskCommands(checkpoint: string, { cli, python }: Tools): Command[] {
  return [
    {
      name: 'shadow-gate measure',
      line: (task, out) => [
        ...[process.execPath, cli, 'measure', '--checkpoint', checkpoint, '--policy', join(task, 'policy.yml')],
        ...['--only', 'probes', '--device', 'cpu', '--no-store', '--out', join(out, 'measurement.json')],
      ],
      async right(out) {
        const { probes } = await readMeasurement(join(out, 'measurement.json'));
        if (probes?.status !== 'measured') throw new Error(`no probes were measured: ${probes?.reason}`);
        return probes.items.map(({ correct }) => correct);
      },
    },
    ...['float32', 'bfloat16'].map(
      (dtype): Command => ({
        name: `lm_eval, ${dtype}`,
        line: (task, out) => [
          ...[python, '-m', 'lm_eval', '--model', 'hf', '--model_args', `pretrained=${checkpoint},dtype=${dtype}`],
          ...['--tasks', TASK_NAME, '--include_path', task, '--device', 'cpu', '--batch_size', BATCH],
          ...['--log_samples', '--output_path', out],
        ],
        async right(out) {
          const file = readdirSync(out, { recursive: true, encoding: 'utf8' }).find((name) =>
            /samples_.*jsonl$/.test(name),
          );
          if (file === undefined) throw new Error('lm_eval wrote no samples');
          const samples = readFileSync(join(out, file), 'utf8').trim().split('\n');
          return samples
            .map((line): { readonly doc_id: number; readonly acc: number } => JSON.parse(line))
            .toSorted((a, b) => a.doc_id - b.doc_id)
            .map(({ acc }) => acc === 1);
        },
      }),
    ),
  ];
}

/** Time a command, and the same with one question. */
export async function measureCommand(
  command: Command,
  model: string,
  passages: readonly Passage[],
  { python, folder }: { readonly python: string; readonly folder: string },
): Promise<Cell> {
  const own = mkdtempSync(join(folder, 'task-'));
  try {
    const one = runCommand(command, passages.slice(0, 1), python, join(own, 'one'));
    const all = runCommand(command, passages, python, join(own, 'all'));
    const right = await command.right(all.out);
    if (right.length !== passages.length) throw new Error(`${command.name}: ${right.length} answers`);
    const { seconds, processorSeconds, mebibytes } = all;
    return {
      kind: 'task',
      model,
      name: command.name,
      seconds,
      processorSeconds,
      start: { seconds: one.seconds, processorSeconds: one.processorSeconds },
      mebibytes,
      right,
    };
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

interface Finished {
  readonly seconds: number;
  readonly processorSeconds: number;
  readonly mebibytes: number;
  /** What the command wrote. */
  readonly out: string;
}

/**
 * Writes the peak memory of the largest of a command's processes, in KiB, and their processor time: Node does not know
 * those.
 */
const WATCH = `
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], 'w') as file:
    json.dump({'kibibytes': used.ru_maxrss, 'processorSeconds': used.ru_utime + used.ru_stime}, file)
sys.exit(code)`;

function runCommand(command: Command, passages: readonly Passage[], python: string, folder: string): Finished {
  const [task, out, used] = [join(folder, 'task'), join(folder, 'out'), join(folder, 'used.json')];
  for (const one of [task, out]) mkdirSync(one, { recursive: true });
  writeFileSync(join(task, 'passages.jsonl'), passages.map((one) => `${JSON.stringify(one)}\n`).join(''));
  writeFileSync(join(task, `${TASK_NAME}.yaml`), taskYaml(join(task, 'passages.jsonl')));
  writeFileSync(join(task, 'policy.yml'), stringify({ probes: [`${TASK_NAME}.yaml`] }));
  const before = performance.now();
  const { status, stderr } = spawnSync(python, ['-c', WATCH, used, ...command.line(task, out)], {
    cwd: task,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, HF_HUB_OFFLINE: '1', HF_DATASETS_CACHE: join(folder, 'cache') },
  });
  const seconds = (performance.now() - before) / 1000;
  if (status !== 0) throw new Error(`${command.name} ended with ${status}: ${stderr.slice(-2000)}`);
  const { kibibytes, processorSeconds }: { readonly kibibytes: number; readonly processorSeconds: number } = JSON.parse(
    readFileSync(used, 'utf8'),
  );
  return { seconds, processorSeconds, mebibytes: kibibytes / 1024, out };
}
