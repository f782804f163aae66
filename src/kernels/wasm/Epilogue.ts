/** What a convolution does to a pixel before it is stored. */
export interface Epilogue {
  /** Address of a value for each output channel, filled up to a multiple of 8, that is added. Default none. */
  bias?: number;
  /** Whether max(0, ·) follows; only with `bias`. Default no. */
  relu?: boolean;
}

/** The last two arguments of the kernels that have an epilogue. */
export function epilogueArguments({ bias = 0, relu = false }: Epilogue): number[] {
  return [bias, Number(relu)];
}
