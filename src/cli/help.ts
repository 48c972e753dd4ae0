export const EXIT_HELP = `
Exit codes: 0 pass or warn, 1 fail, 2 could not judge (bad input, usage), 3 inconclusive under --strict.
Run 'shadow-gate help <command>' for examples.`;

export const CHECK_EXAMPLES = `
Examples:
  # a fine-tune against its base model, compared with an approved run
  shadow-gate check --checkpoint out/step-4000 --reference base --baseline .shadow-gate/baseline.json --out report
  # two checkpoints, no files needed
  shadow-gate check --checkpoint new --baseline approved
  # the probes alone, with items that nobody has seen, in about two minutes a model
  shadow-gate check --checkpoint new --baseline approved --only probes --seed rotate --budget 2m
  # a server answers the probes
  shadow-gate check --checkpoint new --baseline baseline.json --endpoint http://localhost:8000/v1 --model NAME`;

export const MEASURE_EXAMPLES = `
Examples:
  shadow-gate measure --checkpoint approved --reference base --out .shadow-gate/baseline.json
  shadow-gate measure --checkpoint adapter --reference base --out baseline.json   # a PEFT LoRA directory
  # the second of four machines that share the work
  shadow-gate measure --checkpoint approved --reference base --shard 2/4 --out shard-2.json`;

export const MERGE_EXAMPLES = `
Example:
  shadow-gate merge shard-1.json shard-2.json shard-3.json shard-4.json --out measurement.json`;

export const COMPARE_EXAMPLES = `
Example:
  shadow-gate compare report/measurement.json .shadow-gate/baseline.json --policy shadow-gate.yml`;

export const REPORT_EXAMPLES = `
Examples:
  shadow-gate report report/report.json
  shadow-gate report report/report.json --markdown > comment.md`;

export const SPECTRA_EXAMPLES = `
Examples:
  shadow-gate spectra --checkpoint model --tensor '*.layers.0.*'
  shadow-gate spectra --checkpoint hf://org/model@main --tensor '*.layers.0.*'   # downloads these only
  shadow-gate spectra --checkpoint model --reference base --values --json > spectra.json`;

export const SCORE_EXAMPLES = `
Requests: {"id", "context", "continuation"}, {"id", "context_ids", "continuation_ids"}, or {"id", "rolling": text or ids}.
Answers: {"id", "logprob", "token_logprobs", "greedy"}.

Examples:
  shadow-gate score --checkpoint model --requests requests.jsonl --output answers.jsonl
  shadow-gate score --checkpoint adapter --reference base --requests requests.jsonl --output answers.jsonl
  shadow-gate score --endpoint http://localhost:8000/v1 --model NAME --requests requests.jsonl --output answers.jsonl`;

export const GENERATE_EXAMPLES = `
Requests: {"id", "prompt"}, {"id", "prompt_ids"} or {"id", "messages"}, and "max_new_tokens", "stop" if you like.
Answers: {"id", "text", "tokens", "finish"}.

Example:
  shadow-gate generate --checkpoint model --requests prompts.jsonl --output texts.jsonl`;

export const PROBES_EXAMPLES = `
Examples:
  shadow-gate probes                                   # what the suite holds
  shadow-gate probes --checkpoint model                # and how long it takes
  shadow-gate probes --preview 5 --family word-problems
  shadow-gate probes --export probes --seed 7          # a JSONL file of each suite
  shadow-gate probes --policy shadow-gate.yml --preview 20`;
