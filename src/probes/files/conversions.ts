import { extname } from 'node:path';

/** Commands that turn files in other formats into one that is read. FILE stands for the name without its extension. */
const COMMANDS: Readonly<Record<string, string>> = {
  '.arrow': `python -c "import datasets; datasets.Dataset.from_file('FILE.arrow').to_json('FILE.jsonl')"`,
  '.feather': withPandas('read_feather', 'feather'),
  '.orc': withPandas('read_orc', 'orc'),
  '.xlsx': withPandas('read_excel', 'xlsx'),
  '.xls': withPandas('read_excel', 'xls'),
  '.gz': 'gunzip FILE.gz',
  '.bz2': 'bunzip2 FILE.bz2',
  '.xz': 'unxz FILE.xz',
  '.zst': 'unzstd FILE.zst',
  '.zip': 'unzip FILE.zip',
};

function withPandas(reader: string, extension: string): string {
  return `python -c "import pandas; pandas.${reader}('FILE.${extension}').to_json('FILE.jsonl', orient='records', lines=True)"`;
}

/** Names that need no quotes in a shell nor in Python. */
const PLAIN = /^[\w./-]+$/;

/** The line that converts a file, with its name if that is plain; null for a format without one. */
export function conversionOf(path: string): string | null {
  const extension = extname(path);
  const command = COMMANDS[extension.toLowerCase()];
  if (command === undefined) return null;
  const stem = path.slice(0, -extension.length);
  return PLAIN.test(path) && extension === extension.toLowerCase() ? command.replaceAll('FILE', () => stem) : command;
}
