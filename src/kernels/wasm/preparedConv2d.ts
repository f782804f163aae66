import type * as tf from '@tensorflow/tfjs-core';
import { convolveSame } from './conv2d.js';
import { phaseLayouts, prefersPhases, transposeDirect } from './conv2dTranspose.js';
import { type FilterLayout, packedFilterFloats, packFilter, square } from './convolveDirect.js';
import { transformedFilterFloats, transformFilter } from './convolveWinograd.js';
import type { Epilogue } from './Epilogue.js';
import type { KernelModule } from './KernelModule.js';
import { prefersWinograd } from './prefersWinograd.js';
import type { TrainingKernel } from './TrainingKernel.js';
import { convolvePhases, phaseFilterFloats, transformPhaseFilter } from './transposeWinograd.js';
import { VECTOR_GRAIN } from './vectors.js';
import { alignFloats } from './winogradSizes.js';

/** A convolution whose filter is prepared: what depends on the shapes alone. */
interface Plan {
  size: number;
  depth: number;
  columns: number;
  transpose: boolean;
  winograd: boolean;
  /** Floats of the bias, at the start of what is prepared. */
  biasFloats: number;
  /** Filters that follow, and the floats of each. */
  filters: number;
  filterFloats: number;
}

function planOf(shape: readonly number[], size: number, columns: number, transpose: boolean): Plan {
  const depth = shape[3];
  const filter = transpose ? [size, size, columns, depth] : [size, size, depth, columns];
  const winograd = transpose ? prefersPhases(shape, filter) : prefersWinograd(shape, filter);
  const taps = transpose ? size / 2 : size;
  const filterFloats = winograd
    ? (transpose ? phaseFilterFloats : transformedFilterFloats)({ depth, columns, backward: false })
    : packedFilterFloats({ depth, columns, taps: square(taps) });
  const filters = transpose && !winograd ? 4 : 1;
  const biasFloats = alignFloats(columns);
  return { size, depth, columns, transpose, winograd, biasFloats, filters, filterFloats };
}

/** The layout of each filter of a plan that is not for {@link convolvePhases}, where it lies at `filter`. */
function layoutsOf({ size, depth, columns, transpose }: Plan, filter: number): FilterLayout[] {
  if (!transpose) return [{ filter, size, rowStride: columns, columnStride: 1 }];
  return phaseLayouts(filter, size, depth);
}

/** Address of what is prepared, at the start of a cache line. */
function start(kernels: KernelModule, prepared: tf.TensorInfo): number {
  return Math.ceil(kernels.pointer(prepared) / 64) * 64;
}

/** [filter, bias] and the shape of the input → both as `preparedConv2d` reads them, which depends on that shape. */
export const prepareConv2d: TrainingKernel = {
  name: 'DiffusionSslPrepareConv2D',
  compute(kernels, { filter, bias }, { batch = 1, height = 1, width = 1, transpose = 0 }) {
    const [size, , , last] = filter.shape;
    const [columns] = bias.shape;
    const depth = transpose ? last : filter.shape[2];
    const plan = planOf([batch, height, width, depth], size, columns, transpose === 1);
    const { biasFloats, filters, filterFloats, winograd } = plan;
    const prepared = kernels.output([biasFloats + filters * filterFloats + 16]);
    let target = start(kernels, prepared);
    kernels.run('clear', biasFloats, biasFloats, target);
    const copy = [kernels.pointer(bias), target, columns];
    kernels.run('copyVector', Math.ceil(columns / 4), VECTOR_GRAIN, ...copy);
    target += 4 * biasFloats;
    const address = kernels.pointer(filter);
    if (transpose && winograd) {
      transformPhaseFilter(kernels, { filter: address, depth, columns, backward: false }, target);
      return prepared;
    }
    for (const layout of layoutsOf(plan, address)) {
      if (winograd) {
        transformFilter(kernels, { ...layout, depth, columns, flip: false }, target);
      } else {
        packFilter(kernels, { depth, columns, taps: square(transpose ? size / 2 : size) }, layout, target);
      }
      target += 4 * filterFloats;
    }
    return prepared;
  },
};

/**
 * [x, prepared], size, columns, transpose and relu → the convolution, the bias added, and max(0, ·) of it if `relu`.
 */
export const preparedConv2d: TrainingKernel = {
  name: 'DiffusionSslPreparedConv2D',
  compute(kernels, { x, prepared }, { size = 1, columns = 1, transpose = 0, relu = 0 }) {
    const plan = planOf(x.shape, size, columns, transpose === 1);
    const bias = start(kernels, prepared);
    const epilogue: Epilogue = { bias, relu: relu === 1 };
    if (transpose && plan.winograd) {
      const filter = { filter: 0, depth: plan.depth, columns, backward: false };
      return convolvePhases(kernels, x, x.shape, {
        ...filter,
        prepared: bias + 4 * plan.biasFloats,
        ...epilogue,
      });
    }
    const layouts = layoutsOf(plan, 0).map((layout, i) => ({
      ...layout,
      prepared: bias + 4 * (plan.biasFloats + i * plan.filterFloats),
    }));
    if (!transpose) return convolveSame(kernels, x, { columns, ...layouts[0] }, epilogue);
    return transposeDirect(kernels, x, { columns, layouts }, epilogue);
  },
};
