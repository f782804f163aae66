import { type ClipTextConfig, resolveClipTextConfig } from '../models/ClipTextConfig.js';
import { clipText } from '../models/clipText.js';
import { clipTextParameters } from '../models/clipTextParameters.js';
import { fromDiffusersConfig } from '../models/diffusersConfig.js';
import type { NetworkCodec } from './loadNetwork.js';

/** The options of a text encoder; transformers' files have many more that say nothing of its architecture. */
const KEYS: readonly (keyof ClipTextConfig)[] = [
  'vocabSize',
  'hiddenSize',
  'intermediateSize',
  'projectionDim',
  'numHiddenLayers',
  'numAttentionHeads',
  'maxPositionEmbeddings',
  'hiddenAct',
  'layerNormEps',
  'eosTokenId',
  'attentionDropout',
];

/** A text encoder in the files of transformers' `CLIPTextModel`, or of that with a projection. */
export function clipTextCodec(projection: boolean): NetworkCodec<ClipTextConfig> {
  return {
    weightsFile: 'model.safetensors',
    decode(fields) {
      const given = fromDiffusersConfig(fields);
      const config = Object.fromEntries(KEYS.map((key) => [key, given[key]])) as ClipTextConfig;
      return resolveClipTextConfig(config);
    },
    rename: currentNames,
    specs: (config) => clipTextParameters(config, { projection }),
    build: (config) => clipText(config, { projection }),
  };
}

/** The names of transformers 5: older files have a prefix, and a list of the places. */
function currentNames<T>(tensors: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  const named = Array.from(tensors, ([name, tensor]) => [name.replace(/^text_model\./, ''), tensor] as const);
  return new Map(named.filter(([name]) => name !== 'embeddings.position_ids'));
}
