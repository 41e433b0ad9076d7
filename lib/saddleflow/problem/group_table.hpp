// Composition in a finite abelian group as a regression: pairs of elements, and the element that they make
// (THEORY.md, section 8).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/problem/dataset.hpp"

namespace saddleflow {

/// Z_{n_1} x ... x Z_{n_r}. Its elements have numbers from 0, the first coordinate running fastest.
class AbelianGroup {
 public:
  /// InputError for no orders, one below 2, or more than 2^15 elements (10^9 pairs).
  explicit AbelianGroup(std::vector<Index> orders);
  Index size() const { return size_; }
  const std::vector<Index>& orders() const { return orders_; }
  std::vector<Index> coordinates(Index element) const;
  Index element(const std::vector<Index>& coordinates) const;
  Index sum(Index a, Index b) const;
  Index inverse(Index a) const;

 private:
  std::vector<Index> orders_;
  Index size_ = 1;
};

/// How a pair of encodings is one input.
enum class GroupPairs {
  concatenated,  ///< (x_a, x_b), 2 n inputs
  added          ///< x_a + x_b, n inputs
};

template <>
inline constexpr auto enum_table<GroupPairs> = named_enum<GroupPairs>(
    "pairs", {{GroupPairs::concatenated, "concatenated"}, {GroupPairs::added, "added"}});

/// Column a is the encoding x_a of element a, the template t moved by a: x_a[g] = t[g - a]. n x n. InputError
/// unless the template has a number for every element.
Matrix encodings(const AbelianGroup& group, const Vector& shape);

/// All pairs (a, b) of the group of n elements as samples, number a + n b: inputs made of x_a and x_b,
/// targets x_{a+b} (n x n^2).
Dataset group_table(const AbelianGroup& group, const Vector& shape, GroupPairs pairs);

/// A frequency of the group: the character exp(2 pi i sum_j k_j g_j / n_j) and its complex conjugate.
struct GroupFrequency {
  std::vector<Index> index;  ///< k; of k and -k the one with the smaller number as an element
  bool real = false;         ///< k = -k: the character is real
  Real size = 0;             ///< |sum_g t_g exp(-2 pi i k g)|, the size of the Fourier coefficient of t
  /// What this frequency is of half the sum of the squared targets of all n^2 pairs.
  Real loss = 0;
  /// The greatest value of the correlation function (square loss, sum over the samples) of one neuron with
  /// sigma(s) = s^2 of unit norm that sees concatenated pairs, among neurons of this frequency alone.
  Real correlation = 0;
};

/// All frequencies but zero, the greatest correlation first.
std::vector<GroupFrequency> group_frequencies(const AbelianGroup& group, const Vector& shape);

/// A plateau of the loss: what is left while the frequencies of the stages before are known, and the
/// frequency that is learnt from there.
struct LearningStage {
  Real loss = 0;
  GroupFrequency frequency;
};

/// One stage for each frequency of the template that is not zero, in the order of their correlations, for the
/// square loss summed over all pairs. Frequencies of one size have no order of their own. The template must
/// have the mean zero: InputError otherwise.
std::vector<LearningStage> learning_stages(const AbelianGroup& group, const Vector& shape);

}  // namespace saddleflow
