/** Where encoded features are kept, by name: a folder (`featureFolder`), or what a browser has. */
export interface FeatureStore {
  /** What was last set whole under a name; undefined where there is nothing. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Keeps bytes under a name. Others may read and write at the same time, and never see a part of them. */
  set(name: string, bytes: Uint8Array): Promise<void>;
}

/** A cache of the features of one network. */
export interface FeatureCache {
  store: FeatureStore;
  /** Tells the network's weights from others: `await weightsFingerprint(namedParameters(model))`. */
  fingerprint: string;
}
