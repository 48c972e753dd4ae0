/** Texts that follow the options on the help pages. Lines break to fit: wrap-help.ts. */

export const EXIT_HELP = `
Exit codes:
  0  pass or warn
  1  fail (and warn with --fail-on warn)
  2  no verdict: bad input or wrong usage
  3  inconclusive: not judged (0 with --allow-inconclusive); of score and
     generate: some requests could not be answered

Run 'shadow-gate help <command>' for the options of a command and examples.`;

export const CHECK_EXAMPLES = `
Examples:
  # compare a fine-tune and its update with an approved run
  shadow-gate check --checkpoint out/step-4000 --reference base \\
    --baseline .shadow-gate/baseline.json --out report

  # compare two checkpoints directly
  shadow-gate check --checkpoint new --baseline approved

  # only the probes, with newly drawn items, in about two minutes per model
  shadow-gate check --checkpoint new --baseline approved \\
    --only probes --seed rotate --budget 2m

  # run the probes on a server
  shadow-gate check --checkpoint new --baseline baseline.json \\
    --endpoint http://localhost:8000/v1 --model NAME

  # compare two evaluations by lm-evaluation-harness, without running a model
  shadow-gate check --lm-eval results/candidate --baseline results/approved

  # the same for logs of Inspect AI; of others with --lighteval and
  # --every-eval-ever
  shadow-gate check --inspect logs/candidate --baseline logs/approved`;

export const SWEEP_EXAMPLES = `
Examples:
  # every checkpoint that a trainer wrote; the baseline is measured once
  shadow-gate sweep out --reference base --baseline base --out sweep

  # the same as a glob, which the shell need not expand
  shadow-gate sweep 'out/checkpoint-*' --reference base \\
    --baseline .shadow-gate/baseline.json --out sweep

  # revisions on a hub
  shadow-gate sweep hf://org/model@step1000 hf://org/model@step2000 \\
    --baseline baseline.json --out sweep

  # the second of four machines that share the folder
  shadow-gate sweep out --baseline baseline.json --out sweep --shard 2/4`;

export const MEASURE_EXAMPLES = `
Examples:
  shadow-gate measure --checkpoint approved --reference base \\
    --out .shadow-gate/baseline.json

  # a LoRA directory of PEFT or MLX
  shadow-gate measure --checkpoint adapter --reference base --out baseline.json

  # to compare with another file: the same probe items
  shadow-gate measure --checkpoint candidate --like baseline.json \\
    --out candidate.json

  # the second of four machines that share the work
  shadow-gate measure --checkpoint approved --reference base \\
    --shard 2/4 --out shard-2.json

  # logs of lm-evaluation-harness, without running a model
  shadow-gate measure --lm-eval results/candidate --out candidate.json`;

export const CALIBRATE_EXAMPLES = `
Examples:
  # re-seeded runs of one recipe, or releases that were accepted
  shadow-gate calibrate --reference base --checkpoints seed-1 seed-2 seed-3 \\
    --out .shadow-gate/calibration.json

  # checkpoints of one run, in order
  shadow-gate calibrate --reference base --series \\
    --checkpoints out/step-1000 out/step-2000 out/step-3000 out/step-4000

  # one more; what was measured before is not measured again
  shadow-gate calibrate --reference base --checkpoints seed-4 --add`;

export const MERGE_EXAMPLES = `
Examples:
  shadow-gate merge shard-1.json shard-2.json shard-3.json shard-4.json \\
    --out measurement.json
  shadow-gate merge spectra-1.json spectra-2.json probes.json \\
    --out measurement.json`;

export const COMPARE_EXAMPLES = `
Example:
  shadow-gate compare report/measurement.json .shadow-gate/baseline.json \\
    --policy shadow-gate.yml`;

export const REPORT_EXAMPLES = `
Examples:
  shadow-gate report report/report.json
  shadow-gate report report/report.json --html report.html
  shadow-gate report report/report.json --markdown > comment.md`;

export const VERIFY_EXAMPLES = `
Example:
  gh attestation trusted-root > trusted-root.jsonl
  shadow-gate verify --report report.json --bundle attestation.json \\
    --repository org/models --workflow .github/workflows/gate.yml \\
    --trusted-root trusted-root.jsonl --checkpoint models/new`;

export const SPECTRA_EXAMPLES = `
Examples:
  shadow-gate spectra --checkpoint model --tensor '*.layers.0.*'

  # download only these matrices
  shadow-gate spectra --checkpoint hf://org/model@main --tensor '*.layers.0.*'

  shadow-gate spectra --checkpoint model --reference base \\
    --values --json > spectra.json`;

export const SCORE_EXAMPLES = `
Requests, one of:
  {"id", "context", "continuation"}
  {"id", "context_ids", "continuation_ids"}
  {"id", "rolling": text or ids}
Answers:
  {"id", "logprob", "token_logprobs", "greedy"}
  {"id", "error"} of a request that cannot be answered: the exit code is then 3

Examples:
  shadow-gate score --checkpoint model \\
    --requests requests.jsonl --output answers.jsonl
  shadow-gate score --checkpoint adapter --reference base \\
    --requests requests.jsonl --output answers.jsonl
  shadow-gate score --endpoint http://localhost:8000/v1 --model NAME \\
    --requests requests.jsonl --output answers.jsonl`;

export const GENERATE_EXAMPLES = `
Requests, one of the following, with optional "max_new_tokens" and "stop":
  {"id", "prompt"}
  {"id", "prompt_ids"}
  {"id", "messages"}
Answers:
  {"id", "text", "tokens", "finish"}
  {"id", "error"} of a request that cannot be answered: the exit code is then 3

Example:
  shadow-gate generate --checkpoint model \\
    --requests prompts.jsonl --output texts.jsonl`;

export const PROBES_EXAMPLES = `
Examples:
  # list the suites, and estimate how long they take on a model
  shadow-gate probes
  shadow-gate probes --checkpoint model

  # preview some items
  shadow-gate probes --preview 5 --family word-problems
  shadow-gate probes --policy shadow-gate.yml --preview 20

  # write each suite to a JSONL file
  shadow-gate probes --export probes --seed 7

  # write tasks of lm-evaluation-harness; 'measure --lm-eval' reads its answers
  shadow-gate probes --export lm-eval tasks --like baseline.json`;
