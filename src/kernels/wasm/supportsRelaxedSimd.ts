/** A module whose only function is `f32x4.relaxed_madd` of three zero vectors. */
const PROBE = [
  [0, 97, 115, 109, 1, 0, 0, 0], // magic and version
  [1, 5, 1, 96, 0, 1, 123], // type: [] -> v128
  [3, 2, 1, 0], // function of that type
  [10, 19, 1, 17, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 11], // code
].flat();

/** Whether this engine compiles fused multiply-adds (WebAssembly relaxed SIMD). */
export function supportsRelaxedSimd(): boolean {
  return WebAssembly.validate(Uint8Array.from(PROBE));
}
