import type { FolderFiles } from '@shadow-gate/platform/files';
import type { ForeignFormat } from './foreign-format.ts';
import type { FullCheckpoint } from './full-checkpoint.ts';

export interface WeightsFolder {
  readonly path: string;
  readonly files: FolderFiles;
  readonly names: ReadonlySet<string>;
}

/** A file that is given by itself. */
export interface GivenFile {
  /** As the user gave it. */
  readonly path: string;
  /** Its real path. */
  readonly file: string;
  readonly files: FolderFiles;
  /** By its bytes; null without a mark, as in safetensors and ONNX. */
  readonly foreign: ForeignFormat | null;
}

/** One format of full weights; `FORMATS` lists all. */
export interface WeightsEntry {
  /** The file or folder that shows this format; null if there is none. Without `open`, `file.open` opens it. */
  readonly recognizes: (folder: WeightsFolder) => string | null | Promise<string | null>;
  readonly open?: (folder: WeightsFolder, recognized: string) => Promise<FullCheckpoint>;
  /** Other weights in the folder that some programs load, and that are refused: `isOtherSet`, or any pickles. */
  readonly otherSets: ReadonlyArray<'named' | 'pickles'>;
  readonly file?: {
    readonly recognizes: (given: GivenFile) => boolean;
    readonly open: (given: GivenFile) => Promise<FullCheckpoint>;
  };
}
