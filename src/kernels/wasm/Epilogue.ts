/** What a convolution does to a pixel before it is stored. */
export interface Epilogue {
  /** Address of a value for each output channel, filled up to a multiple of 8, that is added. Default none. */
  bias?: number;
  /** Whether max(0, ·) follows; only with `bias`. Default no. */
  relu?: boolean;
}

/** What it does where it is no transposed one. */
export interface PixelEpilogue extends Epilogue {
  /** Whether the bias is added to whole sums, as `biasAdd` does it, to the bit; the rest needs that. Default no. */
  late?: boolean;
  /** Bytes from the bias of one image to that of the next. Default 0: all have the same. */
  biasStep?: number;
  /** Address of a tensor of the output's shape that is added behind the bias; without `relu`. Default none. */
  addend?: number;
}

/** The last two arguments of the kernels that have an epilogue. */
export function epilogueArguments({ bias = 0, relu = false }: Epilogue): number[] {
  return [bias, Number(relu)];
}

/** The last four arguments of those that have a {@link PixelEpilogue}. */
export function pixelArguments({ biasStep = 0, addend = 0, ...epilogue }: PixelEpilogue): number[] {
  return [...epilogueArguments(epilogue), biasStep, addend];
}
