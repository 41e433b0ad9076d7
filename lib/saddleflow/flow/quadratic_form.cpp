#include "saddleflow/flow/quadratic_form.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {

namespace {

/// The sets of indices that the entries of a symmetric matrix connect, each in ascending order.
std::vector<std::vector<Index>> connected(const Matrix& a) {
  std::vector<std::vector<Index>> sets;
  std::vector<char> seen(static_cast<std::size_t>(a.rows()), 0);
  for (Index i = 0; i < a.rows(); ++i) {
    if (seen[static_cast<std::size_t>(i)]) continue;
    seen[static_cast<std::size_t>(i)] = 1;
    std::vector<Index> set{i};
    for (std::size_t k = 0; k < set.size(); ++k)
      for (Index j = 0; j < a.rows(); ++j) {
        if (a(set[k], j) == 0 || seen[static_cast<std::size_t>(j)]) continue;
        seen[static_cast<std::size_t>(j)] = 1;
        set.push_back(j);
      }
    std::sort(set.begin(), set.end());
    sets.push_back(std::move(set));
  }
  return sets;
}

/// Whether a group has weights of several neurons.
std::vector<char> shared_groups(const PolarFlow& flow) {
  std::vector<char> shared(static_cast<std::size_t>(flow.group_count()), 0);
  std::vector<int> owner(shared.size(), -1);
  int number = 0;
  const auto claim = [&](Index i) {
    const auto g = static_cast<std::size_t>(flow.groups().first[static_cast<std::size_t>(i)]);
    if (owner[g] >= 0 && owner[g] != number) shared[g] = 1;
    owner[g] = number;
  };
  for (const Neuron& neuron : flow.correlation().network().neurons()) {
    for (const Index i : neuron.incoming) claim(i);
    for (const Index i : neuron.outgoing) claim(i);
    ++number;
  }
  return shared;
}

}  // namespace

bool QuadraticForm::applies_to(const Network& network) {
  return network.degree() == 2 && network.traits().polynomial();
}

QuadraticForm::QuadraticForm(PolarFlow& flow) {
  const Index n = flow.parameter_count();
  Matrix a;
  flow.correlation().set_output_scale(0);
  flow.correlation().hessian(Vector::Zero(n), a);
  const std::vector<std::vector<Index>> sets = connected(a);
  find_neurons(flow, sets);
  find_parts(flow);
  rates.resize(n);
  neuron_of_rate.resize(static_cast<std::size_t>(n));
  top = Vector::Constant(neurons, -std::numeric_limits<Real>::infinity());
  Index first = 0;
  for (const std::vector<Index>& members : sets) {
    decompose(a, members, first);
    first += static_cast<Index>(members.size());
  }
  fastest = rates.cwiseAbs().maxCoeff();
}

// The sets that A connects, united where they share a group, unless that is one of several neurons.
void QuadraticForm::find_neurons(const PolarFlow& flow, const std::vector<std::vector<Index>>& sets) {
  const auto count = static_cast<Index>(sets.size());
  const std::vector<char> shared = shared_groups(flow);
  std::vector<Index> first_set(static_cast<std::size_t>(flow.group_count()), -1);
  Matrix united = Matrix::Zero(count, count);
  for (Index k = 0; k < count; ++k)
    for (const Index i : sets[static_cast<std::size_t>(k)]) {
      const auto g = static_cast<std::size_t>(flow.groups().first[static_cast<std::size_t>(i)]);
      if (shared[g]) continue;
      if (first_set[g] < 0) first_set[g] = k;
      united(first_set[g], k) = united(k, first_set[g]) = 1;
    }
  neuron_of.resize(static_cast<std::size_t>(flow.parameter_count()));
  for (const std::vector<Index>& neuron : connected(united)) {
    for (const Index set : neuron)
      for (const Index i : sets[static_cast<std::size_t>(set)])
        neuron_of[static_cast<std::size_t>(i)] = neurons;
    ++neurons;
  }
}

void QuadraticForm::find_parts(const PolarFlow& flow) {
  std::map<std::pair<Index, Index>, Index> numbers;
  part_of.resize(neuron_of.size());
  for (std::size_t i = 0; i < neuron_of.size(); ++i) {
    const std::pair<Index, Index> key{neuron_of[i], flow.groups().first[i]};
    const auto [at, added] = numbers.emplace(key, static_cast<Index>(numbers.size()));
    if (added) neuron_of_part.push_back(key.first);
    part_of[i] = at->second;
  }
}

void QuadraticForm::decompose(const Matrix& a, const std::vector<Index>& members, Index first) {
  const auto size = static_cast<Index>(members.size());
  const Index neuron = neuron_of[static_cast<std::size_t>(members.front())];
  Matrix part(size, size);
  for (Index i = 0; i < size; ++i) {
    for (Index j = 0; j < size; ++j)
      part(i, j) = a(members[static_cast<std::size_t>(i)], members[static_cast<std::size_t>(j)]);
    neuron_of_rate[static_cast<std::size_t>(first + i)] = neuron;
  }
  SymmetricEigen eigen = symmetric_eigen(part, "quadratic form");
  rates.segment(first, size) = eigen.values;
  top[neuron] = std::max(top[neuron], eigen.values[size - 1]);
  blocks.push_back({members, first, std::move(eigen.vectors)});
}

}  // namespace saddleflow
