import type { Adapter } from './adapter/adapter.ts';
import type { FullCheckpoint } from './formats/full-checkpoint.ts';

export type Checkpoint = FullCheckpoint | Adapter;
