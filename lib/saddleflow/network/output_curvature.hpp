// Second derivatives by the outputs, one symmetric block a sample.
#pragma once

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// C_i, outputs x outputs, of each of n samples: the second derivative of a loss by the outputs.
struct OutputCurvature {
  Matrix diagonal;  ///< outputs x n
  /// (C_i)_{ab} of the pairs a < b in the order (0,1), (0,2), ..., (0,k-1), (1,2), ...: k(k-1)/2 x n. Empty
  /// (0 x 0) where the loss is a sum over the outputs: all C_i are diagonal.
  Matrix off_diagonal;

  bool is_diagonal() const { return off_diagonal.size() == 0; }
  bool is_zero() const {
    return (diagonal.array() == Real(0)).all() && (off_diagonal.array() == Real(0)).all();
  }
  OutputCurvature& operator*=(Real factor) {
    diagonal *= factor;
    off_diagonal *= factor;
    return *this;
  }
};

/// Row of off_diagonal that holds the pair a < b of `outputs` outputs.
inline Index pair_row(Index a, Index b, Index outputs) { return a * (2 * outputs - a - 1) / 2 + b - a - 1; }

/// out_i = C_i v_i; v outputs x n. `out` must not be v.
void multiply(const OutputCurvature& c, const Matrix& v, Matrix& out);
/// sum_i a_i^T C_i b_i.
Real bilinear(const Matrix& a, const OutputCurvature& c, const Matrix& b);
/// out_i = |C_i| |v_i|, entry by entry: what bounds the change of C_i v_i.
void multiply_sizes(const OutputCurvature& c, const Matrix& v, Matrix& out);
/// InputError unless all blocks are diagonal, as those of one output are. `network`: for the message.
void require_diagonal(const OutputCurvature& c, const char* network);

}  // namespace saddleflow
