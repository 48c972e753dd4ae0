export { chooseCheckpointFiles, indexedShards, READ_FOLDERS } from './checkpoint-files.ts';
export { openDataset } from './dataset.ts';
export { type DatasetPath, datasetName, isDatasetPath, parseDatasetPath, pinnedDataset } from './dataset-path.ts';
export { type HubPath, isHubPath, parseHubPath, pinned } from './hub-path.ts';
export { COMMIT, type HubFolder, HubRepository } from './hub-repository.ts';
export { type HubSettings, hubSettings } from './hub-settings.ts';
export { openSnapshot, type Snapshot } from './snapshot.ts';
export { matchesDigest, once, openSnapshotFiles } from './snapshot-files.ts';
export { CONSOLIDATED_FILE } from './two-sets.ts';
export {
  ADAPTER,
  ADAPTER_CONFIG,
  INDEX,
  MLX_ADAPTER,
  PICKLED_INDEX,
  PICKLED_SINGLE,
  SINGLE,
  WEIGHT_FORMAT_NAMES,
} from './weight-formats.ts';
