export { chooseCheckpointFiles, indexedShards, READ_FOLDERS } from './checkpoint-files.ts';
export { openDataset } from './dataset.ts';
export { datasetName, isDatasetPath, parseDatasetPath } from './dataset-path.ts';
export { isHubPath, parseHubPath } from './hub-path.ts';
export { COMMIT, HubRepository } from './hub-repository.ts';
export { type HubSettings, hubSettings } from './hub-settings.ts';
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
