import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../../errors/BackendError.js';
import { conv2dBias } from './conv2d.js';
import { EagerOps, type Handle, type NodeBackend } from './EagerOps.js';
import type { NodeKernel } from './NodeKernel.js';
import { type AddonFeatures, nodeKernels } from './nodeKernels.js';
import { ownChannelSum } from './training.js';

const BACKEND = 'tensorflow';

/**
 * Registers, for the backend of tfjs-node, TensorFlow's own operations under the names that those of `ops/` look up:
 * the composed gradients, made for backends that have none, are slower there, and one fused operation does the work of
 * many.
 *
 * @throws If the current backend is not that of tfjs-node.
 * @returns What takes them out again.
 */
export function registerNodeKernels(): () => void {
  if (tf.getBackend() !== BACKEND) {
    throw new BackendError(
      `registerNodeKernels: the backend is '${tf.getBackend()}'; it must be '${BACKEND}'.`,
    );
  }
  const backend = tf.backend() as unknown as NodeBackend;
  const names: string[] = [];
  const constants = new WeakMap<object, Map<string, Handle>>();
  for (const { name, compute } of nodeKernels(backend.isUsingGpuDevice, featuresOf(backend))) {
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

/** An operation of oneDNN's own runs only where the addon takes a list of names, too. */
function featuresOf(backend: NodeBackend): AddonFeatures {
  const [x, filter, bias] = [[1, 1, 1, 1], [1, 1, 1, 1], [1]].map((shape) => tf.ones(shape));
  const runs = ({ compute }: NodeKernel, inputs: Record<string, tf.Tensor>) => {
    const ops = new EagerOps(backend, new Map());
    try {
      compute(ops, inputs, {});
      return true;
    } catch {
      return false;
    } finally {
      ops.release();
    }
  };
  const features = {
    oneDnn: runs(conv2dBias, { x, filter, bias }),
    // By one that was added last, so that an addon built before counts as one without.
    ownOperations: runs(ownChannelSum, { x }),
  };
  tf.dispose([x, filter, bias]);
  return features;
}
