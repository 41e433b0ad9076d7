#include "ode/switching/kinked_network.hpp"

#include <algorithm>
#include <limits>

#include "saddleflow/base/bounded_least_squares.hpp"
#include "saddleflow/base/decompositions.hpp"

namespace saddleflow::test {

KinkedNetwork::KinkedNetwork(std::uint64_t seed, const KinkedSetting& setting)
    : setting_(setting), network_(feed_forward(setting.sizes, Activation(setting.slope, 1))) {
  Random random(seed);
  inputs_ = random.normal_matrix(setting.sizes.front(), setting.samples);
  if (setting.opposite)
    for (Index i = 0; i + 1 < setting.samples; i += 2) inputs_.col(i + 1) = -inputs_.col(i);
  plant(random);
  inside_.resize(static_cast<Index>(setting_.kinks.size()));
  for (Real& s : inside_)
    s = setting_.slope + (1 - setting_.slope) * (Real(0.05) + Real(0.9) * random.uniform());
  fix_targets(random);
}

// Layer after layer, the row of a neuron made orthogonal to its inputs at its kinks.
void KinkedNetwork::plant(Random& random) {
  const Layout& layout = network_->layout();
  w_ = random.normal_matrix(layout.size(), 1);
  Matrix a = inputs_;
  for (int l = 0; l + 1 < layout.layer_count(); ++l) {
    MatrixView weights = layout.matrix(w_, l);
    for (Index j = 0; j < weights.rows(); ++j) {
      std::vector<Index> samples;
      for (const Kink& kink : setting_.kinks)
        if (kink.layer == l && kink.neuron == j) samples.push_back(kink.sample);
      if (samples.empty()) continue;
      const Matrix normals = a(Eigen::all, samples);
      const Vector row = weights.row(j).transpose();
      weights.row(j) -=
          minimum_norm_least_squares(normals.transpose(), normals.transpose() * row).transpose();
      // As many independent ones as inputs: the neuron is zero.
      if (static_cast<Index>(samples.size()) >= weights.cols() && !setting_.opposite)
        weights.row(j).setZero();
    }
    const Matrix z = weights * a;
    Matrix factors = z.unaryExpr([&](Real value) { return value > 0 ? Real(1) : setting_.slope; });
    for (const Kink& kink : setting_.kinks)
      if (kink.layer == l) factors(kink.neuron, kink.sample) = 0;
    a = factors.cwiseProduct(z);
    branches_.push_back(factors);
  }
}

KinkedNetwork::Pass KinkedNetwork::forward(const Vector& w, const Vector& slopes) const {
  const Layout& layout = network_->layout();
  Pass pass;
  pass.factors = branches_;
  for (std::size_t c = 0; c < setting_.kinks.size(); ++c) {
    const Kink& kink = setting_.kinks[c];
    pass.factors[static_cast<std::size_t>(kink.layer)](kink.neuron, kink.sample) =
        slopes[static_cast<Index>(c)];
  }
  Matrix a = inputs_;
  for (int l = 0; l + 1 < layout.layer_count(); ++l) {
    pass.z.push_back(layout.matrix(w, l) * a);
    // On the manifold z vanishes at the kinks, and with it the activation, whatever the slope.
    a = branches_[static_cast<std::size_t>(l)].cwiseProduct(pass.z.back());
    pass.a.push_back(a);
  }
  pass.outputs = layout.matrix(w, layout.layer_count() - 1) * a;
  return pass;
}

const Matrix& KinkedNetwork::layer_input(const Pass& pass, int l) const {
  return l == 0 ? inputs_ : pass.a[static_cast<std::size_t>(l - 1)];
}

Vector KinkedNetwork::backward(const Vector& w, const Pass& pass, const Matrix& residual) const {
  const Layout& layout = network_->layout();
  Vector g(layout.size());
  Matrix delta = residual;
  for (int l = layout.layer_count() - 1; l >= 0; --l) {
    layout.matrix(g, l) = delta * layer_input(pass, l).transpose();
    if (l > 0)
      delta =
          pass.factors[static_cast<std::size_t>(l - 1)].cwiseProduct(layout.matrix(w, l).transpose() * delta);
  }
  return g;
}

Vector KinkedNetwork::gradient_of(const Vector& w, const Vector& slopes, const Matrix& residual) const {
  return backward(w, forward(w, slopes), residual);
}

Vector KinkedNetwork::gradient(const Vector& w, const Vector& slopes) const {
  const Pass pass = forward(w, slopes);
  return backward(w, pass, pass.outputs - targets_);
}

Matrix KinkedNetwork::normals(const Vector& w) const {
  const Layout& layout = network_->layout();
  const Pass pass = forward(w, Vector::Zero(inside_.size()));
  Matrix all = Matrix::Zero(layout.size(), inside_.size());
  Vector g(layout.size());
  for (std::size_t c = 0; c < setting_.kinks.size(); ++c) {
    const Kink& kink = setting_.kinks[c];
    g.setZero();
    Vector delta = Vector::Unit(layout.layer(kink.layer).rows, kink.neuron);
    for (int l = kink.layer; l >= 0; --l) {
      layout.matrix(g, l) = delta * layer_input(pass, l).col(kink.sample).transpose();
      if (l > 0)
        delta = pass.factors[static_cast<std::size_t>(l - 1)]
                    .col(kink.sample)
                    .cwiseProduct(layout.matrix(w, l).transpose() * delta);
    }
    all.col(static_cast<Index>(c)) = g;
  }
  return all;
}

Vector KinkedNetwork::on_manifold(Vector w) const {
  Vector z(inside_.size());
  for (int round = 0; round < 6; ++round) {
    const Pass pass = forward(w, Vector::Zero(inside_.size()));
    for (std::size_t c = 0; c < setting_.kinks.size(); ++c) {
      const Kink& kink = setting_.kinks[c];
      z[static_cast<Index>(c)] = pass.z[static_cast<std::size_t>(kink.layer)](kink.neuron, kink.sample);
    }
    w -= minimum_norm_least_squares(normals(w).transpose(), z);
  }
  return w;
}

// The gradient is linear in the residuals: they are drawn, and made such that it has no part along the
// normals.
void KinkedNetwork::fix_targets(Random& random) {
  const Index k = network_->output_count(), n = setting_.samples;
  const Matrix across = normals(w_).transpose();
  Matrix conditions(across.rows(), k * n);
  for (Index e = 0; e < k * n; ++e) {
    Matrix unit = Matrix::Zero(k, n);
    unit.data()[e] = 1;
    conditions.col(e) = across * gradient_of(w_, inside_, unit);
  }
  Vector residual = random.normal_matrix(k * n, 1);
  residual -= minimum_norm_least_squares(conditions, conditions * residual);
  targets_ = forward(w_, inside_).outputs - ConstMatrixView(residual.data(), k, n);
  Dataset data;
  data.inputs = inputs_;
  data.targets = targets_;
  objective_ = std::make_unique<Objective>(network_, data, Loss());
  ActivationPattern pattern;
  pattern.factors = branches_;
  objective_->set_mode(pattern, setting_.kinks);
}

// The gradient is affine in the slopes of one layer.
Vector KinkedNetwork::best_slopes_of(int layer, Vector slopes) const {
  std::vector<Index> free;
  for (std::size_t c = 0; c < setting_.kinks.size(); ++c)
    if (setting_.kinks[c].layer == layer) free.push_back(static_cast<Index>(c));
  if (free.empty()) return slopes;
  for (const Index c : free) slopes[c] = 0;
  const Vector base = gradient(w_, slopes);
  const auto count = static_cast<Index>(free.size());
  Matrix columns(base.size(), count);
  for (Index c = 0; c < count; ++c) {
    Vector one = slopes;
    one[free[static_cast<std::size_t>(c)]] = 1;
    columns.col(c) = gradient(w_, one) - base;
  }
  const Real low = setting_.slope;
  const BoundedSolution found =
      bounded_least_squares(columns, -base, Vector::Constant(count, low), Vector::Constant(count, 1),
                            Vector::Constant(count, (low + 1) / 2));
  for (Index c = 0; c < count; ++c) slopes[free[static_cast<std::size_t>(c)]] = found.x[c];
  return slopes;
}

Real KinkedNetwork::least_norm(Random& random, int starts) const {
  Real best = std::numeric_limits<Real>::infinity();
  for (int start = 0; start < starts; ++start) {
    Vector slopes(inside_.size());
    for (Real& s : slopes) s = setting_.slope + (1 - setting_.slope) * random.uniform();
    Real before = std::numeric_limits<Real>::infinity(), norm = before;
    for (int sweep = 0; sweep < 300; ++sweep) {
      for (int l = network_->layout().layer_count() - 2; l >= 0; --l) slopes = best_slopes_of(l, slopes);
      norm = gradient(w_, slopes).norm();
      if (norm > (1 - Real(1e-13)) * before) break;
      before = norm;
    }
    best = std::min(best, norm);
  }
  return best;
}

}  // namespace saddleflow::test
