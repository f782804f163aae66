import type { ModelCodec } from './ModelCodec.js';
import { fromArguments, toArguments } from './namedArguments.js';

/** What a network is made by. */
interface Network<C> extends Pick<ModelCodec<C>, 'className' | 'bands' | 'specs' | 'build'> {
  resolve(config: C): object;
}

/** A network of a Python class, by the names of its arguments and of its weights. */
export function argumentsCodec<C>({ resolve, ...network }: Network<C>): ModelCodec<C> {
  return {
    ...network,
    configFile: 'config.json',
    weightsFile: 'model.safetensors',
    encode: (config) => toArguments(resolve(config)),
    decode: (fields) => fromArguments(fields, resolve),
    rename: (tensors) => tensors,
  };
}
