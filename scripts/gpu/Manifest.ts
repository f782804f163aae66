/** What `manifest.json` of the pack says of it. */
export interface Manifest {
  created: string;
  /** Of the tree; with a plus where it had changes. */
  commit: string;
  /** `sourceHash` of what `dist` was built of. */
  sources: string;
  /** What the archive with Node and the libraries holds: it is made again when this changes. */
  runtime: { node: string; libraries: string[] };
}
