import * as tf from '@tensorflow/tfjs-core';
import { EagerOps, type Handle, type NodeBackend } from './EagerOps.js';
import { nodeKernels } from './nodeKernels.js';

const BACKEND = 'tensorflow';

/**
 * Registers, for the backend of tfjs-node, TensorFlow's own operations under the names that those of `ops/` look up: the
 * composed gradients, made for backends that have none, are slower there, and one fused operation does the work of many.
 *
 * @throws If the current backend is not that of tfjs-node.
 * @returns What takes them out again.
 */
export function registerNodeKernels(): () => void {
  if (tf.getBackend() !== BACKEND) {
    throw new Error(`registerNodeKernels: the backend is '${tf.getBackend()}'; it must be '${BACKEND}'.`);
  }
  const usesGpu = (tf.backend() as unknown as NodeBackend).isUsingGpuDevice;
  const names: string[] = [];
  const constants = new WeakMap<object, Map<string, Handle>>();
  for (const { name, compute } of nodeKernels(usesGpu)) {
    if (tf.getKernel(name, BACKEND)) continue;
    names.push(name);
    tf.registerKernel({
      kernelName: name,
      backendName: BACKEND,
      kernelFunc: ({ inputs, attrs, backend }) => {
        if (!constants.has(backend as object)) constants.set(backend as object, new Map());
        const ops = new EagerOps(backend as NodeBackend, constants.get(backend as object)!);
        try {
          const result = compute(
            ops,
            inputs as Record<string, tf.TensorInfo>,
            (attrs ?? {}) as Record<string, number>,
          );
          return 'id' in result ? ops.results([result])[0] : ops.results(result);
        } finally {
          ops.release();
        }
      },
    });
  }
  return () => {
    for (const name of names) tf.unregisterKernel(name, BACKEND);
  };
}
