/**
 * A TIFF that is well-formed, but of a layout that is not read. The message says which, and how to convert the file.
 */
export class LayoutError extends Error {
  override name = 'LayoutError';

  /**
   * @param layout What the file is or has, such as 'complex numbers'.
   * @param options Options for gdal_translate that give a file that is read.
   */
  constructor(layout: string, options = '-co COMPRESS=DEFLATE') {
    super(
      `its layout is not supported: ${layout}. Convert it by: gdal_translate ${options} FILE converted.tif`,
    );
  }
}
