#include "saddleflow/saddle/zero_modes.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/saddle/hidden_weights.hpp"
#include "saddleflow/saddle/layer_signals.hpp"
#include "saddleflow/symmetry/symmetry_tangents.hpp"

namespace saddleflow {

namespace {

// Weights below this times the largest are zero: refined points have them to some roundings.
constexpr Real kZero = Real(1e-12);
// Singular values of a layer's weights up to the root of this, beside the largest, are zero: squares are
// known to rounding. A layer of zeros has none that is large, and all of them are.
constexpr Real kZeroSquare = Real(1e-14), kNoSquare = Real(1e-300);

/// A vector by its entries that are not zero.
struct SparseVector {
  std::vector<Index> places;
  std::vector<Real> values;
};

SparseVector sparse(const std::vector<Index>& places, const Eigen::Ref<const Vector>& values) {
  SparseVector v;
  for (Index i = 0; i < values.size(); ++i)
    if (values[i] != 0) {
      v.places.push_back(places[static_cast<std::size_t>(i)]);
      v.values.push_back(values[i]);
    }
  return v;
}

/// Vectors on all weights: of a wide network most of them are on the weights of one neuron.
class Directions {
 public:
  explicit Directions(Index size) : all_(static_cast<std::size_t>(size)) {
    std::iota(all_.begin(), all_.end(), Index(0));
  }
  void add(const Vector& direction) {
    const Real norm = direction.norm();
    if (norm > 0) columns_.push_back(sparse(all_, direction / norm));
  }
  void add(const Matrix& directions) {
    for (Index i = 0; i < directions.cols(); ++i) add(Vector(directions.col(i)));
  }
  void add_weights(const std::vector<Index>& parameters) {
    for (const Index i : parameters) columns_.push_back({{i}, {Real(1)}});
  }
  void add(const NullPart& part) {
    for (Index k = 0; k < part.vectors.cols(); ++k)
      columns_.push_back(sparse(part.places, part.vectors.col(k)));
  }
  const std::vector<SparseVector>& columns() const { return columns_; }

 private:
  std::vector<Index> all_;
  std::vector<SparseVector> columns_;
};

/// Dimension of the intersection of two spans, the first given by orthonormal columns: the cosines of the
/// principal angles that are 1.
Index common_dimension_of(const Matrix& basis, const Matrix& directions, Real angle) {
  if (basis.cols() == 0 || directions.cols() == 0) return 0;
  const PivotedQr span(directions);
  Matrix orthonormal = Matrix::Identity(directions.rows(), span.rank());
  span.apply(orthonormal);
  const Matrix cosines = basis.transpose() * orthonormal;
  const Matrix squares = cosines * cosines.transpose();
  const Real least = std::cos(angle) * std::cos(angle);
  return (symmetric_eigenvalues(squares, "zero modes").array() > least).count();
}

/// Sets of rows that vectors join.
class JoinedRows {
 public:
  explicit JoinedRows(Index rows) : above_(static_cast<std::size_t>(rows)) {
    std::iota(above_.begin(), above_.end(), Index(0));
  }
  void join(const std::vector<SparseVector>& columns) {
    for (const SparseVector& column : columns)
      for (const Index i : column.places)
        above_[static_cast<std::size_t>(set_of(i))] = set_of(column.places[0]);
  }
  /// One of the rows of its set, which stands for it.
  Index set_of(Index row) {
    auto at = static_cast<std::size_t>(row);
    while (above_[at] != static_cast<Index>(at)) {
      above_[at] = above_[static_cast<std::size_t>(above_[at])];
      at = static_cast<std::size_t>(above_[at]);
    }
    return static_cast<Index>(at);
  }
  /// The columns of each set.
  using Columns = std::map<Index, std::vector<const SparseVector*>>;
  Columns by_set(const std::vector<SparseVector>& columns) {
    Columns sets;
    for (const SparseVector& column : columns)
      if (!column.places.empty()) sets[set_of(column.places[0])].push_back(&column);
    return sets;
  }
  std::map<Index, std::vector<Index>> rows() {
    std::map<Index, std::vector<Index>> sets;
    for (Index i = 0; i < static_cast<Index>(above_.size()); ++i) sets[set_of(i)].push_back(i);
    return sets;
  }

 private:
  std::vector<Index> above_;
};

/// Vectors on these rows, ascending, beside which they are zero.
Matrix on_rows(const std::vector<Index>& rows, const std::vector<const SparseVector*>& columns) {
  Matrix m = Matrix::Zero(static_cast<Index>(rows.size()), static_cast<Index>(columns.size()));
  for (std::size_t k = 0; k < columns.size(); ++k)
    for (std::size_t i = 0; i < columns[k]->places.size(); ++i) {
      const auto row = std::lower_bound(rows.begin(), rows.end(), columns[k]->places[i]) - rows.begin();
      m(row, static_cast<Index>(k)) = columns[k]->values[i];
    }
  return m;
}

/// The same, set by set of rows that do not meet: of a Hessian that falls into parts both spans do.
Index common_dimension(const Directions& basis, const Directions& directions, Index size, Real angle) {
  JoinedRows joined(size);
  joined.join(basis.columns());
  joined.join(directions.columns());
  const auto rows = joined.rows();
  const JoinedRows::Columns of_basis = joined.by_set(basis.columns()),
                            of_directions = joined.by_set(directions.columns());
  Index dimension = 0;
  for (const auto& [set, columns] : of_basis) {
    const auto other = of_directions.find(set);
    if (other == of_directions.end()) continue;
    const std::vector<Index>& here = rows.at(set);
    dimension += common_dimension_of(on_rows(here, columns), on_rows(here, other->second), angle);
  }
  return dimension;
}

// S w for each conserved quantity of one neuron (see ConservedQuantity).
void add_rescalings(const Network& network, const Vector& w, Directions& directions) {
  for (const ConservedQuantity& quantity : network.conserved()) {
    if (!quantity.is_rescaling()) continue;
    Vector tangent = Vector::Zero(w.size());
    for (const QuadraticTerm& term : quantity.terms)
      for (const Index i : term.first) tangent[i] = term.coefficient * w[i];
    directions.add(std::move(tangent));
  }
}

// W_l -> (I + t E_ab) W_l, W_{l+1} -> W_{l+1} (I - t E_ab).
void add_linear_mixing(const Network& network, const Vector& w, Directions& directions) {
  const std::vector<Neuron>& neurons = network.neurons();
  for (const Neuron& a : neurons) {
    for (const Neuron& b : neurons) {
      if (a.layer != b.layer || a.index == b.index) continue;
      Vector tangent = Vector::Zero(w.size());
      for (std::size_t i = 0; i < a.incoming.size(); ++i) tangent[a.incoming[i]] = w[b.incoming[i]];
      for (std::size_t i = 0; i < a.outgoing.size(); ++i) tangent[b.outgoing[i]] = -w[a.outgoing[i]];
      directions.add(std::move(tangent));
    }
  }
}

/// c with f_a(i) z_b(i) = c f_b(i) z_b(i) at all samples i, z_b the pre-activations of b, f the factors of
/// the two neurons; NaN if there is none.
Real ratio_of_branches(const Vector& fa, const Vector& fb, const Vector& zb) {
  Index most = 0;
  const Real largest = fb.cwiseProduct(zb).cwiseAbs().maxCoeff(&most);
  const Real ratio = largest > 0 ? fa[most] / fb[most] : Real(0);
  const Real rest = (fa - ratio * fb).cwiseProduct(zb).cwiseAbs().maxCoeff();
  return rest <= kZero * zb.cwiseAbs().maxCoeff() ? ratio : std::numeric_limits<Real>::quiet_NaN();
}

// W_l[a,:] += t W_l[b,:], W_{l+1}[:,b] -= t c W_{l+1}[:,a] where a is on the branches of b, up to the factor
// c (or b on its kink): linear there. Without outer weights b itself becomes shorter instead.
void add_mixing_on_branches(const Objective& objective, const Vector& w, const ActivationPattern& pattern,
                            Directions& directions) {
  const Network& network = objective.network();
  const std::vector<LayerSignals> signals = layer_signals(objective, w, &pattern);
  for (const Neuron& b : network.neurons()) {
    const auto l = static_cast<std::size_t>(b.layer);
    const Vector in = w(b.incoming);
    const Vector zb = signals[l].below.transpose() * in;
    const Vector fb = pattern.factors[l].row(b.index).transpose();
    for (const Neuron& a : network.neurons()) {
      if (a.layer != b.layer || a.index == b.index) continue;
      const Real ratio = ratio_of_branches(pattern.factors[l].row(a.index).transpose(), fb, zb);
      if (std::isnan(ratio)) continue;
      Vector tangent = Vector::Zero(w.size());
      tangent(a.incoming) = in;
      if (b.outgoing.empty())
        tangent(b.incoming) = -ratio * in;
      else
        tangent(b.outgoing) = -ratio * w(a.outgoing);
      directions.add(std::move(tangent));
    }
  }
}

bool vanish(const Vector& w, const std::vector<Index>& parameters, Real zero) {
  for (const Index i : parameters)
    if (std::abs(w[i]) > zero) return false;
  return true;
}

// What a neuron without outgoing weights computes matters to nobody; what one without incoming weights sends
// on is zero, to second order where sigma'(0) = 0. Only those directions count that the null space contains.
void add_zero_neurons(const Network& network, const Vector& w, Directions& directions) {
  const Real zero = kZero * w.cwiseAbs().maxCoeff();
  for (const Neuron& neuron : network.neurons()) {
    const bool no_input = vanish(w, neuron.incoming, zero);
    const bool no_output = !neuron.outgoing.empty() && vanish(w, neuron.outgoing, zero);
    if (no_output || (no_input && neuron.outgoing.empty())) directions.add_weights(neuron.incoming);
    if (no_input) directions.add_weights(neuron.outgoing);
  }
}

// Combinations v of the neurons of a linear layer with v^T W_l = 0 or W_{l+1} v = 0.
void add_zero_combinations(const Network& network, const Vector& w, Directions& directions) {
  const auto kernel = [](const Matrix& m) {
    const SymmetricEigen eigen = symmetric_eigen(m.transpose() * m, "zero modes");
    const Real largest = std::max(eigen.values.cwiseAbs().maxCoeff(), kNoSquare);
    return Matrix(eigen.vectors.leftCols((eigen.values.array() < kZeroSquare * largest).count()));
  };
  for (int l = 0; l < network.hidden_layer_count(); ++l) {
    const HiddenWeights weights = hidden_weights(network, w, l);
    const Matrix &in = weights.incoming, &out = weights.outgoing;
    const Matrix unfed = kernel(in.transpose()), unheard = kernel(out);
    HiddenWeights direction{Matrix::Zero(in.rows(), in.cols()), Matrix::Zero(out.rows(), out.cols())};
    const auto add = [&] {
      Vector tangent = Vector::Zero(w.size());
      set_hidden_weights(network, l, direction, tangent);
      directions.add(std::move(tangent));
    };
    for (Index k = 0; k < unheard.cols(); ++k)
      for (Index j = 0; j < in.cols(); ++j) {
        direction.incoming.col(j) = unheard.col(k);
        add();
        direction.incoming.col(j).setZero();
      }
    for (Index k = 0; k < unfed.cols(); ++k)
      for (Index i = 0; i < out.rows(); ++i) {
        direction.outgoing.row(i) = unfed.col(k).transpose();
        add();
        direction.outgoing.row(i).setZero();
      }
  }
}

// A neuron that no sample activates passes nothing on, in either direction: what enters a neuron that feeds
// such ones alone matters to nobody, either.
void add_dead_neurons(const Objective& objective, const Vector& w, Directions& directions) {
  const Network& network = objective.network();
  if (!network.traits().pre_activations) return;
  const std::vector<LayerSignals> signals = layer_signals(objective, w);
  const bool closes = network.activation().slope() == 0;
  std::vector<bool> silent(network.neurons().size()), above;  // of this layer's neurons, of the next one's
  for (int l = static_cast<int>(signals.size()) - 1; l >= 0; --l) {
    above.swap(silent);
    const Matrix& activations = signals[static_cast<std::size_t>(l)].activations;
    const Real below_norm = signals[static_cast<std::size_t>(l)].below.colwise().norm().maxCoeff();
    silent.assign(static_cast<std::size_t>(activations.rows()), false);
    for (const Neuron& neuron : network.neurons()) {
      if (neuron.layer != l) continue;
      // On a kink that is held rounding leaves a little.
      const Real rounding = network.traits().kinked() ? kZero * w.norm() * below_norm : Real(0);
      const bool is_dead = activations.row(neuron.index).cwiseAbs().maxCoeff() <= rounding;
      bool unheard = l + 1 < static_cast<int>(signals.size());
      for (std::size_t i = 0; unheard && i < neuron.outgoing.size(); ++i)
        unheard = above[i] || w[neuron.outgoing[i]] == 0;
      silent[static_cast<std::size_t>(neuron.index)] = (is_dead && closes) || unheard;
      if (is_dead || unheard) directions.add_weights(neuron.incoming);
      if (is_dead) directions.add_weights(neuron.outgoing);
    }
  }
}

}  // namespace

ZeroModes explain_zero_modes(const Objective& objective, const Vector& w, const Matrix& null_space,
                             Real angle, const Matrix& held, const ActivationPattern* pattern) {
  std::vector<Index> places(static_cast<std::size_t>(w.size()));
  std::iota(places.begin(), places.end(), Index(0));
  return explain_zero_modes(objective, w, std::vector<NullPart>{{std::move(places), null_space}}, angle, held,
                            pattern);
}

ZeroModes explain_zero_modes(const Objective& objective, const Vector& w,
                             const std::vector<NullPart>& null_space, Real angle, const Matrix& held,
                             const ActivationPattern* pattern) {
  const Network& network = objective.network();
  const bool linear = network.traits().mixes();
  ZeroModes modes;
  Directions basis(w.size()), directions(w.size());
  for (const NullPart& part : null_space) basis.add(part);
  Index before = 0;
  const auto newly = [&] {
    const Index earlier = before;
    before = common_dimension(basis, directions, w.size(), angle);
    return before - earlier;
  };
  directions.add(held);
  modes.held_kinks = newly();
  add_rescalings(network, w, directions);
  modes.rescaling = newly();
  if (linear) add_linear_mixing(network, w, directions);
  if (pattern) add_mixing_on_branches(objective, w, *pattern, directions);
  directions.add(symmetry_tangents(network, w));
  directions.add(network.further_symmetries(w));
  modes.linear_layers = newly();
  add_zero_neurons(network, w, directions);
  if (linear) add_zero_combinations(network, w, directions);
  modes.zero_neurons = newly();
  add_dead_neurons(objective, w, directions);
  modes.dead_neurons = newly();
  modes.unexplained = static_cast<Index>(basis.columns().size()) - modes.explained();
  return modes;
}

}  // namespace saddleflow
