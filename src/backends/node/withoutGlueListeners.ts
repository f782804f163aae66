import * as tf from '@tensorflow/tfjs-core';

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;

type Listener = (...args: unknown[]) => void;

/**
 * The two listeners of Emscripten's glue, without white space: `if (!(ex instanceof ExitStatus)) throw ex`, and
 * `throw reason`.
 */
const GLUE = /^function\(\w+\)\{(if\(!\(\w+instanceofExitStatus\)\)\{throw\w+;?\}|throw\w+;?)\}$/;

/**
 * Starts the wasm backend without what its Emscripten glue does to the process: listeners that throw anew what nobody
 * has caught, so that Node prints the glue's one line of 38 kB in place of the error, and, when the backend ends, the
 * removal of every listener that the process had.
 */
export async function withoutGlueListeners<T>(start: () => Promise<T>): Promise<T> {
  const before = EVENTS.map(listenersOf);
  try {
    return await start();
  } finally {
    EVENTS.forEach((event, i) => {
      for (const listener of listenersOf(event)) {
        const isNew = !before[i].includes(listener);
        if (isNew && GLUE.test(String(listener).replace(/\s/g, ''))) process.off(event, listener);
      }
    });
    if (tf.getBackend() === 'wasm') keepListeners(tf.backend());
  }
}

/** Puts the process's listeners back when the backend has been disposed. */
function keepListeners(backend: tf.KernelBackend): void {
  const dispose = backend.dispose.bind(backend);
  backend.dispose = () => {
    const before = EVENTS.map(listenersOf);
    dispose();
    EVENTS.forEach((event, i) => {
      process.removeAllListeners(event);
      for (const listener of before[i]) process.on(event, listener);
    });
  };
}

/** Those of `once` in their wrappers, so that they are called once when put back. */
function listenersOf(event: (typeof EVENTS)[number]): Listener[] {
  return process.rawListeners(event) as Listener[];
}
