/**
 * A classifier of feature vectors, such as those of pixels or of scenes, that has been fitted. What fits one is a
 * function `(features, labels, options) => Promise<Head>`: features row-major [rows, dims], a label from 0 a row.
 */
export interface Head {
  /** Number of classes. */
  readonly classes: number;
  /** Length of a feature vector. */
  readonly dims: number;
  /**
   * Probabilities of the classes, row-major [rows, classes].
   *
   * @param features row-major [rows, dims].
   */
  predict(features: Float32Array): Promise<Float32Array>;
  /** All that `headFromJson` needs to make the head again, bit for bit. */
  toJSON(): HeadJson;
}

/** A head as it is stored. */
export interface HeadJson {
  /** Which kind of head it is. */
  type: string;
  classes: number;
  dims: number;
  [key: string]: unknown;
}
