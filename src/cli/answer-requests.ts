import { realpath } from 'node:fs/promises';
import {
  type FileResult,
  generateFile,
  type ModelSource,
  openCheckpointSource,
  type RequestFileOptions,
  scoreFile,
  toJsonLines,
} from '@shadow-gate/language-model';
import { localTime, ROLLING_RULES, type RollingRule } from '@shadow-gate/language-model/tokens';
import { UserError } from '@shadow-gate/platform';
import { expectWritable, writeFileAtomic } from '@shadow-gate/platform/files';
import { type Command, Option } from 'commander';
import { printable } from '../report/escape.ts';
import { formatCount } from '../report/text/index.ts';
import { GENERATE_EXAMPLES, SCORE_EXAMPLES } from './help.ts';
import {
  type DeviceOptions,
  deviceOptions,
  type EndpointOptions,
  endpointOptions,
  type ModelMemoryOptions,
  modelMemoryOption,
  parseMebibytes,
} from './options.ts';
import { EXIT, type Output } from './output.ts';
import { endpointFromOptions } from './settings.ts';

export function addScoreCommand(program: Command, output: Output): void {
  requestOptions(
    program.command('score').description('compute log-likelihoods of continuations, as lm-evaluation-harness does'),
  )
    .addOption(
      new Option(
        '--rolling <rule>',
        'what is scored of a rolling text: its tokens after one BOS, or, as lm-evaluation-harness does, also the BOS that the tokenizer adds, after another one',
      )
        .choices(ROLLING_RULES)
        .default('one-bos'),
    )
    .addHelpText('after', SCORE_EXAMPLES)
    .action(({ rolling, ...options }: RequestOptions & { readonly rolling: RollingRule }) =>
      answerRequests(
        options,
        { done: 'scored', answer: (source, file, more) => scoreFile(source, file, { rolling, ...more }) },
        output,
      ),
    );
}

export function addGenerateCommand(program: Command, output: Output): void {
  requestOptions(program.command('generate').description('continue prompts by greedy decoding'))
    .addHelpText('after', GENERATE_EXAMPLES)
    .action((options: RequestOptions) =>
      answerRequests(
        options,
        {
          done: 'continued',
          answer: (source, file, options) => generateFile(source, file, { now: localTime(new Date()), ...options }),
        },
        output,
      ),
    );
}

function requestOptions(command: Command): Command {
  return endpointOptions(
    modelMemoryOption(
      deviceOptions(
        command
          .option('--checkpoint <path>', 'Hugging Face directory, GGUF file, or PEFT or MLX adapter')
          .option('--reference <path>', 'base model of an adapter')
          .requiredOption('--requests <file.jsonl>', 'requests, one JSON object per line')
          .requiredOption('--output <file.jsonl>', 'answers to write, in the same order'),
        'where to compute',
      ),
    ).option('--batch-memory <MiB>', 'memory for the activations of one batch (default: 512)', parseMebibytes),
  );
}

interface RequestOptions extends EndpointOptions, DeviceOptions, ModelMemoryOptions {
  checkpoint?: string;
  reference?: string;
  requests: string;
  output: string;
  /** In bytes. */
  batchMemory?: number;
}

interface Work<T> {
  /** What was done to the requests, for the summary. */
  readonly done: string;
  readonly answer: (source: ModelSource, file: string, options: RequestFileOptions) => Promise<FileResult<T>>;
}

/**
 * Answer a file of requests and write all answers to another file. If some requests cannot be answered, the exit code
 * is `inconclusive`; if none can, it is an error, and nothing is written.
 */
async function answerRequests<T extends object>(options: RequestOptions, work: Work<T>, output: Output): Promise<void> {
  const choice = chooseModel(options, output);
  await expectWritable(options.output, 'file');
  if ((await realpath(options.requests).catch(() => '')) === (await realpath(options.output).catch(() => null))) {
    throw new UserError('--output is the file of the requests', 'give another file');
  }
  const source = choice.kind === 'endpoint' ? choice : await openCheckpointSource(choice);
  // Said as soon as it is known: a large model then loads for minutes.
  const onRefusals: RequestFileOptions['onRefusals'] = ([first, ...others]) => {
    if (!first) return;
    const more = others.length === 0 ? '' : ` (and ${others.length} more, each with its reason in the answers)`;
    output.warn(`not answered: ${printable(first.error.message, SHOWN_LENGTH)}${more}`);
  };
  const { answers, unanswered, by, truncated } = await output.withProgress((onProgress) =>
    work.answer(source, options.requests, { onProgress, onRefusals }),
  );
  const [first] = truncated;
  if (first !== undefined) {
    const others = truncated.length > 1 ? ` and ${truncated.length - 1} more` : '';
    output.warn(`${printable(first)}${others}: cut on the left to fit the model's context`);
  }
  await writeFileAtomic(options.output, toJsonLines(answers));
  const all = formatCount(answers.length, 'request');
  const done = unanswered === 0 ? all : `${answers.length - unanswered} of ${all}`;
  output.print(`${work.done} ${done} ${printable(by)}: ${printable(options.output)}`);
  if (unanswered > 0) output.exitCode = EXIT.inconclusive;
}

const SHOWN_LENGTH = 500;

/** The server, or the paths of the checkpoint, that the options name. */
function chooseModel(options: RequestOptions, output: Output) {
  const { checkpoint, reference, device, batchMemory: batchBytes, maxMemory: memoryLimit } = options;
  const endpoint = endpointFromOptions(options, output);
  if (checkpoint !== undefined && endpoint === undefined) {
    return { kind: 'checkpoint', checkpoint, reference, device, batchBytes, memoryLimit } as const;
  }
  if (checkpoint !== undefined || endpoint === undefined) {
    throw new UserError('exactly one of --checkpoint and --endpoint is needed', 'give one of the two');
  }
  if ((reference ?? batchBytes ?? memoryLimit) !== undefined) {
    throw new UserError('--reference, --batch-memory and --max-memory need --checkpoint', 'leave them out');
  }
  return { kind: 'endpoint', ...endpoint } as const;
}
