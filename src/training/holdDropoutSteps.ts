import type * as tfl from '@tensorflow/tfjs-layers';
import { ConvBlock } from '../layers/ConvBlock.js';

/** Notes the steps of a model's dropout masks; the function returned has the same masks drawn again. */
export function holdDropoutSteps(model: tfl.LayersModel): () => void {
  const blocks = model.layers.filter((layer) => layer instanceof ConvBlock);
  const steps = blocks.map(({ dropoutStep }) => dropoutStep);
  return () => {
    blocks.forEach((block, i) => {
      block.dropoutStep = steps[i];
    });
  };
}
