// The parts of a Hessian that do not meet.
#pragma once

#include <optional>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/problem/neuron_form.hpp"
#include "saddleflow/saddle/null_part.hpp"

namespace saddleflow {

/// A diagonal block of a matrix beside which its rows are zero.
struct HessianPart {
  std::vector<Index> places;  ///< its rows, ascending
  Matrix hessian;
};

/// The finest such blocks, by the entries that are exactly zero: neurons that are zero or that no sample
/// activates are blocks by themselves, in networks of any depth. In the order of their first rows.
std::vector<HessianPart> parts_of(Matrix hessian);
/// The same of a form, without the whole matrix: neurons with a part in J are one block. None if that has
/// more than `most` rows.
std::optional<std::vector<HessianPart>> parts_of(const NeuronForm& form, Index most);

/// Eigenvalues and vectors of all parts, as of the whole.
struct PartsSpectrum {
  Vector values;  ///< ascending
  /// Column k of `vectors` of part `part[k]` belongs to values[k].
  std::vector<std::size_t> part;
  std::vector<Index> column;
  std::vector<Matrix> vectors;
};
PartsSpectrum spectrum_of(const std::vector<HessianPart>& parts);
/// Eigenvectors first .. first + count - 1 on all weights, one a column.
Matrix whole_vectors(const PartsSpectrum& spectrum, const std::vector<HessianPart>& parts, Index first,
                     Index count, Index size);
/// The same, part by part.
std::vector<NullPart> vectors_by_part(const PartsSpectrum& spectrum, const std::vector<HessianPart>& parts,
                                      Index first, Index count);

}  // namespace saddleflow
