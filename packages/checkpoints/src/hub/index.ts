export {
  ADAPTER,
  ADAPTER_CONFIG,
  type CheckpointFiles,
  CONSOLIDATED_FILE,
  chooseCheckpointFiles,
  consolidatedFiles,
  INDEX,
  indexedShards,
  isPickledName,
  isTrainingState,
  type ListedFile,
  MAX_HEADER_BYTES,
  MLX_ADAPTER,
  otherFiles,
  PICKLED_ADAPTER,
  PICKLED_INDEX,
  PICKLED_SINGLE,
  READ_FOLDERS,
  SINGLE,
  twoSets,
  twoSetsOfWeights,
  twoSetsWith,
} from './checkpoint-files.ts';
export { openDataset } from './dataset.ts';
export { type DatasetPath, datasetName, isDatasetPath, parseDatasetPath, pinnedDataset } from './dataset-path.ts';
export { type HubPath, isHubPath, parseHubPath, pinned } from './hub-path.ts';
export { COMMIT, type HubFolder, HubRepository } from './hub-repository.ts';
export { type HubSettings, hubSettings } from './hub-settings.ts';
export { openSnapshot, type Snapshot } from './snapshot.ts';
export { matchesDigest, once, openSnapshotFiles } from './snapshot-files.ts';
