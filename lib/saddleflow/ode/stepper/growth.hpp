// Which components of a system belong to one neuron, how large the neurons are, and by which law they grow.
#pragma once

#include <vector>

#include "saddleflow/base/real.hpp"

namespace saddleflow {

/// Groups of components, one per neuron. A group that is small beside the largest one hardly moves the
/// others, and grows, or decays, by itself as r' = alpha r^{degree-1}, r its norm. Empty `first`: none is
/// known.
struct Growth {
  std::vector<int> first;   ///< group of each leading component, or -1
  std::vector<int> second;  ///< another group or -1: the smaller one counts; may be empty
  int count = 0;
  int degree = 0;  ///< at least 2; 0: no law is known
};

/// The largest magnitude in each group: no square that may underflow.
void group_sizes(const Growth& groups, const Vector& x, Vector& sizes);
/// The smaller group of a component, or -1.
int smaller_group(const Growth& groups, const Vector& sizes, Index component);
/// Levels of size, from 0 for the largest groups: components whose groups differ by less than kLevel, more or
/// less, share one. Those of no group and of groups that are zero are in level 0. One number per component;
/// empty if there is one level only.
std::vector<int> size_levels(const Growth& groups, const Vector& x);

/// Whether two groups have the same components up to kAlikeGroups of the largest one, in any order and with
/// any signs: neurons that were equal, opposite, or images of one another by a symmetry of the data, and may
/// part from there. Groups that are zero do not count.
bool has_alike_groups(const Growth& groups, const Vector& x);

/// Relative to the largest component. A method that solves its equations to a tolerance disturbs the
/// difference of two groups by about a thousandth of that tolerance. For a difference above this bound that
/// is a relative error of at most the tolerance.
inline constexpr Real kAlikeGroups = Real(1e-3);

/// Solutions of linear equations by one Krylov space have errors of the size of their largest components
/// times rounding, times what the space magnifies: beside this ratio twelve digits are left.
inline constexpr Real kLevel = Real(1e-4);

}  // namespace saddleflow
