import { createRequire } from 'node:module';
import type { OtherFilling } from './otherFillings.js';

interface Mat {
  data32F: Float32Array;
  delete(): void;
}

/** What is used of OpenCV. */
interface OpenCv {
  Mat: new () => Mat;
  matFromArray(rows: number, columns: number, type: number, values: ArrayLike<number>): Mat;
  inpaint(image: Mat, mask: Mat, result: Mat, radius: number, method: number): void;
  CV_8UC1: number;
  CV_32FC1: number;
  INPAINT_NS: number;
  onRuntimeInitialized?: () => void;
}

/** Pixels around a gap that the library looks at. */
const RADIUS = 3;

/**
 * OpenCV's inpainting (Bertalmio et al. 2001, by the equations of Navier and Stokes), band by band; undefined where
 * `@techstark/opencv-js` is not installed.
 */
export async function openCvFilling(): Promise<OtherFilling | undefined> {
  const found = await openCv();
  const { cv } = found ?? {};
  return (
    cv &&
    ((raster) => {
      const { width, height, channels, data } = raster;
      const filled = Float32Array.from(data);
      const isGap = Uint8Array.from({ length: width * height }, (_, i) =>
        Number.isNaN(data[i * channels]) ? 255 : 0,
      );
      const mask = cv.matFromArray(height, width, cv.CV_8UC1, isGap);
      for (let band = 0; band < channels; band++) {
        const values = Float32Array.from(isGap, (gap, i) => (gap ? 0 : data[i * channels + band]));
        const [image, result] = [cv.matFromArray(height, width, cv.CV_32FC1, values), new cv.Mat()];
        cv.inpaint(image, mask, result, RADIUS, cv.INPAINT_NS);
        for (const [i, gap] of isGap.entries()) if (gap) filled[i * channels + band] = result.data32F[i];
        image.delete();
        result.delete();
      }
      mask.delete();
      return { ...raster, data: filled };
    })
  );
}

/** Within an object: the module itself may be a thenable that resolves to itself, for which `await` waits forever. */
async function openCv(): Promise<{ cv: OpenCv } | undefined> {
  let cv: OpenCv;
  try {
    cv = createRequire(import.meta.url)('@techstark/opencv-js') as OpenCv;
  } catch {
    return undefined;
  }
  if (cv.Mat === undefined) {
    await new Promise<void>((resolve) => {
      cv.onRuntimeInitialized = resolve;
    });
  }
  return { cv };
}
