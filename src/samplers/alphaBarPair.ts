import { argumentError, checkInteger, checkNumber } from '../internal/checks.js';

/** ᾱ at `t` and at `previousT`, where −1 stands for the clean image: ᾱ = 1, or ᾱ₀ unless `setAlphaToOne`. */
export function alphaBarPair(
  functionName: string,
  alphaBars: ArrayLike<number>,
  t: number,
  previousT: number,
  setAlphaToOne = true,
): { alphaBar: number; previousAlphaBar: number } {
  checkInteger(functionName, 't', t, 0, alphaBars.length - 1);
  checkInteger(functionName, 'previousT', previousT, -1, t - 1);
  const alphaBar = alphaBars[t];
  const cleanAlphaBar = setAlphaToOne ? 1 : alphaBars[0];
  const previousAlphaBar = previousT < 0 ? cleanAlphaBar : alphaBars[previousT];
  checkNumber(functionName, `alphaBars[${previousT}]`, previousAlphaBar, 0, 1);
  checkNumber(functionName, `alphaBars[${t}]`, alphaBar, 0, previousAlphaBar);
  if (alphaBar === 1) throw argumentError(functionName, `alphaBars[${t}]`, alphaBar, 'below 1');
  if (previousAlphaBar === 0) {
    throw argumentError(
      functionName,
      `alphaBars[${previousT}]`,
      previousAlphaBar,
      'above 0 but at the last t',
    );
  }
  return { alphaBar, previousAlphaBar };
}
