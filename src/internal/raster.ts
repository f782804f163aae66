/** An image in memory: row-major height × width × channels (HWC), one float32 a value. */
export interface Raster {
  height: number;
  width: number;
  channels: number;
  /** `height * width * channels` values, the channel changing fastest. */
  data: Float32Array;
}
