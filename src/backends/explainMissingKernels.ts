import * as tf from '@tensorflow/tfjs-core';
import { BackendError } from '../errors/BackendError.js';

/** What the wasm backend of TensorFlow.js lacks and `kernels/wasm` brings, by the names of its kernels. */
const MISSING: Readonly<Record<string, string>> = {
  Conv2DBackpropFilter: "the gradient of a convolution's filter",
  DepthwiseConv2dNativeBackpropFilter: "the gradient of a depthwise convolution's filter",
  DepthwiseConv2dNativeBackpropInput: "the gradient of a depthwise convolution's input",
  Einsum: 'tf.einsum',
  UnsortedSegmentSum: 'the gradient of tf.gather, so of an embedding,',
};

/**
 * Makes the wasm backend say, where it runs without the kernels of this package, what an operation lacks and where it
 * is to be had.
 *
 * @returns What takes the words out again.
 */
export function explainMissingKernels(): () => void {
  const names = Object.keys(MISSING).filter((name) => !tf.getKernel(name, 'wasm'));
  const words = names.map((kernelName): tf.KernelConfig => {
    const kernelFunc = () => {
      throw new BackendError(
        `wasm: ${MISSING[kernelName]} is not in this backend (${kernelName}); start it by initBackend() without ` +
          'kernels: false, or call registerTrainingKernels() of diffusion-ssl/kernels/wasm.',
      );
    };
    return { kernelName, backendName: 'wasm', kernelFunc };
  });
  for (const config of words) tf.registerKernel(config);
  return () => {
    for (const { kernelName, kernelFunc } of words) {
      if (tf.getKernel(kernelName, 'wasm')?.kernelFunc === kernelFunc)
        tf.unregisterKernel(kernelName, 'wasm');
    }
  };
}
