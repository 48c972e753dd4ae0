import type { FolderFiles } from '@shadow-gate/platform/files';
import type { ForeignFormat } from './foreign-format.ts';
import type { FullCheckpoint } from './full-checkpoint.ts';

/** A folder, in which weights are looked for. */
export interface WeightsFolder {
  readonly path: string;
  readonly files: FolderFiles;
  /** All that is in it. */
  readonly names: ReadonlySet<string>;
}

/** A file that is given by itself. */
export interface GivenFile {
  /** As the user gave it. */
  readonly path: string;
  /** Its real path. */
  readonly file: string;
  /** Those of its folder. */
  readonly files: FolderFiles;
  /** By its bytes; null for what has no mark, as safetensors and ONNX. */
  readonly foreign: ForeignFormat | null;
}

/** One way in which full weights are stored. `FORMATS` lists all. */
export interface WeightsEntry {
  /**
   * The file or folder by whose name the weights are known; null if there are none of this format. `open` opens it;
   * without `open`, it is opened like a file that is given by itself.
   */
  readonly recognizes: (folder: WeightsFolder) => string | null | Promise<string | null>;
  readonly open?: (folder: WeightsFolder, recognized: string) => Promise<FullCheckpoint>;
  /** Weights next to them that some program loads instead, and that are refused: `isOtherSet`, or any pickles. */
  readonly otherSets: ReadonlyArray<'named' | 'pickles'>;
  /** For a format whose files can be given by themselves. */
  readonly file?: {
    readonly recognizes: (given: GivenFile) => boolean;
    readonly open: (given: GivenFile) => Promise<FullCheckpoint>;
  };
}
