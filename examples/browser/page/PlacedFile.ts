/** A file, and where it lies in what was dropped: `model/config.json`; its name alone where it was dropped itself. */
export interface PlacedFile {
  path: string;
  /** Gets it; that of an archive is unpacked then. */
  file(): Promise<File>;
}
