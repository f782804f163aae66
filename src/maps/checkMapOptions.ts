import type { Rgb } from '../data/geoTiffTypes.js';
import { argumentError, checkInteger } from '../internal/checks.js';
import type { MapSceneOptions } from './mapScene.js';

/** Throws unless the options of a map are in range and go together. */
export function checkMapOptions({
  classes,
  colours,
  outputs,
  reach,
  window,
  stride,
  overlap,
}: Required<Pick<MapSceneOptions, 'outputs' | 'window' | 'stride' | 'overlap'>> & {
  classes: number;
  colours?: readonly Rgb[];
  reach?: number;
}): void {
  checkInteger('mapScene: classes', classes, 2, 255);
  if (colours && colours.length !== classes) {
    throw argumentError('mapScene: colours.length', colours.length, `${classes}, one a class`);
  }
  checkInteger('mapScene: stride', stride, 1);
  checkInteger('mapScene: window', window, stride);
  if (window % stride !== 0) {
    throw argumentError('mapScene: window', window, `a multiple of the stride, ${stride}`);
  }
  checkInteger('mapScene: overlap', overlap, 0, Math.min(Math.floor(window / 2), window - stride));
  if (reach !== undefined && !(reach >= 0)) {
    throw argumentError('mapScene: reach', reach, 'a number of pixels from 0');
  }
  if (!Object.values(outputs ?? {}).some((sink) => sink)) {
    throw argumentError(
      'mapScene: outputs',
      outputs,
      'at least one of { classes, probabilities, uncertainty }',
    );
  }
}
