/** A model larger than memory: two layers are there at a time, and all weights are read for each call and each new token. */
export const LAYER_BY_LAYER = 'layer by layer';

/** How a model is run, which changes no answer but in its last digits. */
export type Execution = 'whole' | typeof LAYER_BY_LAYER;
