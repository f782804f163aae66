import type * as tfl from '@tensorflow/tfjs-layers';
import type { ConvBlock } from '../layers/ConvBlock.js';

/** Notes the steps of a model's dropout masks; the function returned has the same masks drawn again. */
export function holdDropoutSteps(model: tfl.LayersModel): () => void {
  // Not by `instanceof`, which would draw the layers into a trainer's bundle.
  const blocks = model.layers.filter((layer): layer is ConvBlock => 'dropoutStep' in layer);
  const steps = blocks.map(({ dropoutStep }) => dropoutStep);
  return () => {
    blocks.forEach((block, i) => {
      block.dropoutStep = steps[i];
    });
  };
}
