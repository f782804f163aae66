/*
 * Winograd's F(4×4, 3×3) on vectors of channels: Lavin and Gray, "Fast algorithms for convolutional neural networks"
 * (2016), at the points 0, ±5/8, ±3/2 and ∞, as `src/kernels/wasm/assembly/winograd.ts` has it and says why. A struct
 * is a transform of `from` values to `to`; applied to columns and rows it transforms a tile.
 */
#pragma once

#include "vector.h"

namespace layers {

constexpr float P = 0.625f, Q = 1.5f, PP = P * P, QQ = Q * Q;
/** By which the products of the points are divided: in the output's transform, and in that of the filter's gradient. */
constexpr float D0 = PP * QQ, DP = 2 * PP * (PP - QQ), DQ = 2 * QQ * (QQ - PP);

/** A tile of the input. */
struct InputTransform {
  static constexpr int from = 6, to = 6;
  INLINE void apply(const V* d, V* t) {
    t[0] = d[0] * (PP * QQ) + (d[4] - d[2] * (PP + QQ));
    const V even = d[4] - d[2] * QQ, odd = (d[3] - d[1] * QQ) * P;
    t[1] = even + odd;
    t[2] = even - odd;
    const V even2 = d[4] - d[2] * PP, odd2 = (d[3] - d[1] * PP) * Q;
    t[3] = even2 + odd2;
    t[4] = even2 - odd2;
    t[5] = d[1] * (PP * QQ) + (d[5] - d[3] * (PP + QQ));
  }
};

/** The taps of a filter. */
struct FilterTransform {
  static constexpr int from = 3, to = 6;
  INLINE void apply(const V* g, V* t) {
    t[0] = g[0];
    const V even = g[0] + g[2] * PP, odd = g[1] * P;
    t[1] = even + odd;
    t[2] = even - odd;
    const V even2 = g[0] + g[2] * QQ, odd2 = g[1] * Q;
    t[3] = even2 + odd2;
    t[4] = even2 - odd2;
    t[5] = g[2];
  }
};

/** A tile of the output. */
struct OutputTransform {
  static constexpr int from = 6, to = 4;
  INLINE void apply(const V* m, V* y) {
    const V even = (m[1] + m[2]) * (1 / DP), odd = (m[1] - m[2]) * (P / DP);
    const V even2 = (m[3] + m[4]) * (1 / DQ), odd2 = (m[3] - m[4]) * (Q / DQ);
    y[0] = m[0] * (1 / D0) + (even + even2);
    y[1] = odd + odd2;
    y[2] = even * PP + even2 * QQ;
    y[3] = odd * PP + (odd2 * QQ + m[5]);
  }
};

/** The adjoint of the output's: a tile of its gradient. */
struct OutputAdjoint {
  static constexpr int from = 4, to = 6;
  INLINE void apply(const V* y, V* t) {
    t[0] = y[0];
    const V even = y[0] + y[2] * PP, odd = (y[1] + y[3] * PP) * P;
    t[1] = even + odd;
    t[2] = even - odd;
    const V even2 = y[0] + y[2] * QQ, odd2 = (y[1] + y[3] * QQ) * Q;
    t[3] = even2 + odd2;
    t[4] = even2 - odd2;
    t[5] = y[3];
  }
};

/** The adjoint of the filter's: its gradient. */
struct FilterAdjoint {
  static constexpr int from = 6, to = 3;
  INLINE void apply(const V* u, V* w) {
    const V even = (u[1] + u[2]) * (1 / DP), even2 = (u[3] + u[4]) * (1 / DQ);
    w[0] = u[0] * (1 / D0) + (even + even2);
    w[1] = (u[3] - u[4]) * (Q / DQ) + (u[1] - u[2]) * (P / DP);
    w[2] = even2 * QQ + (even * PP + u[5]);
  }
};

/** Calls `put(i, j, value)` with the transform of what `at(i, j)` gives. */
template <typename T, typename At, typename Put>
INLINE void transformTile(At at, Put put) {
  V half[T::to][T::from];
  UNROLLED
  for (int j = 0; j < T::from; ++j) {
    V column[T::from], result[T::to];
    UNROLLED
    for (int i = 0; i < T::from; ++i) column[i] = at(i, j);
    T::apply(column, result);
    UNROLLED
    for (int i = 0; i < T::to; ++i) half[i][j] = result[i];
  }
  UNROLLED
  for (int i = 0; i < T::to; ++i) {
    V result[T::to];
    T::apply(half[i], result);
    UNROLLED
    for (int j = 0; j < T::to; ++j) put(i, j, result[j]);
  }
}

}  // namespace layers
