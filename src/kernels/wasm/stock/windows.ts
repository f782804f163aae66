import * as tf from '@tensorflow/tfjs-core';
import type { Pair } from '../convolveDirect.js';

/** Which pixels of an image [batch, height, width, …] each pixel of a grid sees: of a convolution or a pooling. */
export interface Windows {
  batch: number;
  height: number;
  width: number;
  gridHeight: number;
  gridWidth: number;
  /** Taps of a filter, or sides of a pool. */
  taps: Pair;
  stride: Pair;
  /** From one tap to the next, in pixels. */
  spread: Pair;
  /** Rows above the image, and columns to its left, that are taken for zeros. */
  pad: Pair;
}

type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;
type Shape4 = [number, number, number, number];

/** Those of a convolution, from the attributes of its kernel in tfjs. */
export function convolutionWindows(
  input: readonly number[],
  filter: readonly number[],
  { strides, pad, dilations = 1, dimRoundingMode }: tf.NamedAttrMap,
): Windows {
  const [x, w] = [input as Shape4, filter as Shape4];
  const [stride, spread] = [strides as [number, number], dilations as [number, number]];
  const options = [stride, spread, pad as 'same', dimRoundingMode as 'floor'] as const;
  return fromInfo(tf.backend_util.computeConv2DInfo(x, w, ...options));
}

/** Those of a pooling. */
export function poolWindows(
  input: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: tf.NamedAttrMap,
): Windows {
  const sizes = [filterSize as [number, number], strides as [number, number]] as const;
  const rest = [1, pad as 'same', dimRoundingMode as 'floor'] as const;
  return fromInfo(tf.backend_util.computePool2DInfo(input as Shape4, ...sizes, ...rest));
}

/** A square filter of odd side that keeps the size: the convolution of `ops/conv2d`. */
export function keepsSize({ taps: [rows, columns], stride, pad, ...size }: Windows): boolean {
  const middle = (rows - 1) / 2;
  return (
    rows === columns &&
    stride[0] === 1 &&
    stride[1] === 1 &&
    pad[0] === middle &&
    pad[1] === middle &&
    size.gridHeight === size.height &&
    size.gridWidth === size.width
  );
}

function fromInfo(info: ConvInfo): Windows {
  return {
    ...{ batch: info.batchSize, height: info.inHeight, width: info.inWidth },
    ...{ gridHeight: info.outHeight, gridWidth: info.outWidth },
    taps: [info.filterHeight, info.filterWidth],
    stride: [info.strideHeight, info.strideWidth],
    spread: [info.dilationHeight, info.dilationWidth],
    pad: [info.padInfo.top, info.padInfo.left],
  };
}
