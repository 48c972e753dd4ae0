import { realpath } from 'node:fs/promises';
import type { Command } from 'commander';
import { generateFile, type ModelResult, type ModelSource, scoreFile } from '../language-model/model.ts';
import { toJsonLines } from '../language-model/requests.ts';
import type { DeviceChoice } from '../onnx/device.ts';
import { UserError } from '../platform/user-error.ts';
import { expectWritable, writeFileAtomic } from '../platform/write-file.ts';
import { printable } from '../report/escape.ts';
import { GENERATE_EXAMPLES, SCORE_EXAMPLES } from './help.ts';
import { device, type EndpointOptions, endpoint, endpointOf, parseMebibytes } from './options.ts';
import { print, warn } from './output.ts';

/** `score` and `generate`. */
export function addAnswerCommands(shadowGate: Command): void {
  answerer(
    shadowGate.command('score').description('log-likelihoods of continuations, as lm-evaluation-harness has them'),
  )
    .addHelpText('after', SCORE_EXAMPLES)
    .action((options: AnswererOptions) => runAnswerer(options, 'scored', (subject, file) => scoreFile(subject, file)));

  answerer(shadowGate.command('generate').description('continue prompts by greedy decoding'))
    .addHelpText('after', GENERATE_EXAMPLES)
    .action((options: AnswererOptions) =>
      runAnswerer(options, 'continued', (subject, file) => generateFile(subject, file, new Date())),
    );
}

/** What every command that asks a model takes. */
function answerer(command: Command): Command {
  return endpoint(
    command
      .option('--checkpoint <path>', 'a Hugging Face directory, or a PEFT adapter')
      .option('--reference <path>', 'the base model of an adapter')
      .requiredOption('--requests <file.jsonl>', 'what to answer, one JSON object a line')
      .requiredOption('--output <file.jsonl>', 'where the answers go, in the same order')
      .addOption(device('where to compute'))
      .option('--batch-memory <MiB>', 'memory that the values of one batch may take (default: 512)', parseMebibytes),
  );
}

interface AnswererOptions extends EndpointOptions {
  checkpoint?: string;
  reference?: string;
  requests: string;
  output: string;
  device: DeviceChoice;
  batchMemory?: number;
}

function subjectOf(options: AnswererOptions): ModelSource {
  const { checkpoint, reference, device, batchMemory } = options;
  if ((checkpoint === undefined) === (options.endpoint === undefined)) {
    throw new UserError('give either --checkpoint or --endpoint', 'one of them answers');
  }
  const server = endpointOf(options);
  if (checkpoint !== undefined) return { kind: 'checkpoint', checkpoint, reference, device, batchBytes: batchMemory };
  if (reference !== undefined || batchMemory !== undefined) {
    throw new UserError('--reference and --batch-memory belong to --checkpoint', 'leave them out');
  }
  if (!server) throw new Error('neither a checkpoint nor an endpoint');
  return { kind: 'endpoint', ...server };
}

async function runAnswerer<T extends object>(
  options: AnswererOptions,
  did: string,
  ask: (subject: ModelSource, file: string) => Promise<ModelResult<T>>,
): Promise<void> {
  const subject = subjectOf(options);
  await expectWritable(options.output, 'file');
  if ((await realpath(options.requests).catch(() => '')) === (await realpath(options.output).catch(() => null))) {
    throw new UserError('--output is the file of the requests', 'give another one');
  }
  const { answers, by, truncated } = await ask(subject, options.requests);
  const [first] = truncated;
  if (first !== undefined) {
    const others = truncated.length > 1 ? ` and ${truncated.length - 1} more` : '';
    warn(`${printable(first)}${others}: cut on the left to fit the model`);
  }
  await writeFileAtomic(options.output, toJsonLines(answers));
  const count = `${answers.length} ${answers.length === 1 ? 'request' : 'requests'}`;
  print(`${did} ${count} ${printable(by)}: ${printable(options.output)}`);
}
