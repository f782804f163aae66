import type { Plugin } from 'vite';

/**
 * Keeps the threaded wasm backend whole: tfjs starts its threads from the source text of one function, which must not
 * name variables outside it once a minifier has renamed those.
 */
export function threadedWasm(): Plugin {
  return {
    name: 'threaded-wasm',
    transform: {
      filter: { id: /tfjs-backend-wasm-threaded-simd\.js$/ },
      handler: (code) => code.replaceAll(/(?<=&&|\|\||typeof |=)\s*_scriptDir\b(?! =)/g, ' undefined'),
    },
  };
}
