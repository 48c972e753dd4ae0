import type { Half } from '../../measure/options.ts';
import type { DeviceOptions } from '../options.ts';

export interface InitOptions extends DeviceOptions {
  checkpoint?: string;
  reference?: string;
  baseline?: string;
  endpoint?: string;
  model?: string;
  tokenizer?: string;
  only?: Half;
  /** In seconds. */
  budget?: number;
  action: string;
  yes?: boolean;
}
