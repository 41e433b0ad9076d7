#include "saddleflow/correlation/sloped_gradient.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace saddleflow {
namespace {

/// Marks the kinks among the slopes until they are collected.
constexpr Real kink_mark = std::numeric_limits<Real>::quiet_NaN();

// Of the last bit: what the sums of a few layers make of it.
constexpr Real kRoundingThroughLayers = Real(16) * std::numeric_limits<Real>::epsilon();
// A kink whose influence is this many times less than the tolerance changes nothing that is asked to it.
constexpr Real kFarBelow = 100;

/// |sigma'|, with 1, the largest it can be, at the kinks.
Matrix largest_slopes(const Matrix& slope) {
  return slope.unaryExpr([](Real s) { return std::isnan(s) ? Real(1) : std::abs(s); });
}

}  // namespace

SlopedGradient::SlopedGradient(const Correlation& correlation, const Vector& u, Real kink_tolerance)
    : layout_(correlation.network().layout()),
      u_(u),
      inputs_(correlation.columns()),
      residual_(correlation.residual_at_origin()),
      outer_(correlation.outer_layer()) {
  require_known_kinks(correlation.network(), "KKT points");
  for (int l = 0; l < correlation.network().hidden_layer_count(); ++l)
    weights_.emplace_back(layout_.matrix(u, l));
  low_ = correlation.network().activation().slope();
  run_forward(correlation.network().activation(), kink_tolerance);
  keep_kinks_that_matter(kink_tolerance);
}

void SlopedGradient::run_forward(Activation activation, Real kink_tolerance) {
  hidden_.resize(weights_.size());
  // ||a|| <= ||x|| prod ||W||: z / ||w_k|| has a rounding error of epsilon times that.
  Vector largest = inputs_.colwise().norm().transpose();
  for (std::size_t l = 0; l < hidden_.size(); ++l) {
    Hidden& h = hidden_[l];
    const Matrix& below = input_of(l);
    h.z = weights_[l] * below;
    activation.value(h.z, h.a);
    activation.derivative(h.z, h.slope);
    const Vector length = weights_[l].rowwise().norm();
    const Vector noise = kRoundingThroughLayers * largest;
    const Vector small = (kink_tolerance * below.colwise().norm().transpose()).cwiseMax(noise);
    for (Index i = 0; i < h.z.cols(); ++i)
      for (Index k = 0; k < h.z.rows(); ++k)
        if (std::abs(h.z(k, i)) <= length[k] * small[i]) {
          h.slope(k, i) = kink_mark;
          h.a(k, i) = 0;  // what rounding left there would hide the kinks above
        }
    largest *= weights_[l].norm();
  }
}

/// The influence of a slope is at most (what comes back to the neuron) x (what lies below it), each bounded
/// with every kink's slope at its largest. One far below the tolerance beside the largest is none: neurons
/// that are zero but for the errors of u are on no kink.
void SlopedGradient::keep_kinks_that_matter(Real kink_tolerance) {
  const std::size_t depth = hidden_.size();
  std::vector<Matrix> influence(depth);
  Matrix back;
  for (std::size_t l = depth; l-- > 0;) {
    if (l + 1 == depth)
      influence[l] = outer_->pull_back_size(u_, residual_.cwiseAbs());
    else
      influence[l] = weights_[l + 1].transpose().cwiseAbs() * back;
    back = influence[l].cwiseProduct(largest_slopes(hidden_[l].slope));
  }
  Matrix reach;
  Real largest = 0;
  for (std::size_t l = 0; l < depth; ++l) {
    const Matrix own = input_of(l).colwise().norm().replicate(hidden_[l].z.rows(), 1);
    if (l == 0)
      reach = own;
    else
      reach = own + weights_[l].cwiseAbs() * reach.cwiseProduct(largest_slopes(hidden_[l - 1].slope));
    influence[l] = influence[l].cwiseProduct(reach);
    largest = std::max(largest, influence[l].maxCoeff());
  }
  for (std::size_t l = 0; l < depth; ++l)
    for (Index i = 0; i < inputs_.cols(); ++i)
      for (Index k = 0; k < hidden_[l].z.rows(); ++k)
        if (std::isnan(hidden_[l].slope(k, i))) {
          if (influence[l](k, i) > kink_tolerance / kFarBelow * largest)
            kinks_.push_back({static_cast<int>(l), k, i});
          else
            hidden_[l].slope(k, i) = 1;  // any slope will do
        }
}

Real SlopedGradient::value() const {
  return residual_.cwiseProduct(outer_->outputs(u_, input_of(hidden_.size()))).sum();
}

std::vector<Matrix> SlopedGradient::slopes_with(const Vector& slopes) const {
  std::vector<Matrix> all;
  for (const Hidden& h : hidden_) all.push_back(h.slope);
  for (std::size_t k = 0; k < kinks_.size(); ++k)
    all[static_cast<std::size_t>(kinks_[k].layer)](kinks_[k].neuron, kinks_[k].sample) =
        slopes[static_cast<Index>(k)];
  return all;
}

std::vector<Matrix> SlopedGradient::backward(const std::vector<Matrix>& slopes) const {
  std::vector<Matrix> back(hidden_.size());
  for (std::size_t l = hidden_.size(); l-- > 0;)
    back[l] = l + 1 == hidden_.size()
                  ? outer_->pull_back(u_, residual_)
                  : Matrix(weights_[l + 1].transpose() * Matrix(back[l + 1].cwiseProduct(slopes[l + 1])));
  return back;
}

Vector SlopedGradient::gradient(const Vector& slopes) const {
  const std::vector<Matrix> all = slopes_with(slopes);
  const std::vector<Matrix> back = backward(all);
  Vector g(layout_.size());
  for (std::size_t l = 0; l < hidden_.size(); ++l) {
    const Matrix delta = back[l].cwiseProduct(all[l]);
    layout_.matrix(g, static_cast<int>(l)) = delta * input_of(l).transpose();
  }
  outer_->gradient(residual_, input_of(hidden_.size()), g);
  return g;
}

PiecewiseLinear SlopedGradient::model() const {
  const auto count = static_cast<Index>(kinks_.size());
  const std::vector<Matrix> slopes = slopes_with(Vector::Zero(count));
  const std::vector<Matrix> back = backward(slopes);
  PiecewiseLinear f;
  f.low = low_;
  f.gradient = gradient(Vector::Zero(count));
  f.rows.setZero(count, layout_.size());
  f.shift = f.back_noise = f.back = Vector::Zero(count);
  f.feed.setZero(count, count);
  for (Index k = 0; k < count; ++k) {
    const Kink& kink = kinks_[static_cast<std::size_t>(k)];
    f.back[k] = back[static_cast<std::size_t>(kink.layer)](kink.neuron, kink.sample);
    add_normal(k, slopes, f);
  }
  return f;
}

/// The gradient of z_k with slope zero at all kinks, and dz_k / da at those below it.
void SlopedGradient::add_normal(Index k, const std::vector<Matrix>& slopes, PiecewiseLinear& f) const {
  const Kink& kink = kinks_[static_cast<std::size_t>(k)];
  auto l = static_cast<std::size_t>(kink.layer);
  Vector normal = Vector::Zero(layout_.size());
  Vector delta = Vector::Unit(hidden_[l].z.rows(), kink.neuron);
  for (;; --l) {
    layout_.matrix(normal, static_cast<int>(l)) = delta * input_of(l).col(kink.sample).transpose();
    if (l == 0) break;
    const Vector below = weights_[l].transpose() * delta;
    for (Index j = 0; j < k; ++j) {
      const Kink& other = kinks_[static_cast<std::size_t>(j)];
      if (other.layer + 1 == static_cast<int>(l) && other.sample == kink.sample)
        f.feed(k, j) = below[other.neuron];
    }
    delta = below.cwiseProduct(slopes[l - 1].col(kink.sample));
  }
  f.rows.row(k) = normal.transpose();
}

/// The slope of kink (l, k, i) enters the error that layer l sends down for sample i, and so the gradients of
/// W_l (row k) and of the layers below.
Matrix SlopedGradient::jacobian(const Vector& slopes) const {
  const std::vector<Matrix> all = slopes_with(slopes);
  const std::vector<Matrix> back = backward(all);
  Matrix result = Matrix::Zero(layout_.size(), static_cast<Index>(kinks_.size()));
  Vector column(layout_.size());
  for (std::size_t c = 0; c < kinks_.size(); ++c) {
    const Kink& kink = kinks_[c];
    column.setZero();
    auto l = static_cast<std::size_t>(kink.layer);
    Vector delta = Vector::Zero(hidden_[l].z.rows());
    delta[kink.neuron] = back[l](kink.neuron, kink.sample);
    for (;; --l) {
      layout_.matrix(column, static_cast<int>(l)) = delta * input_of(l).col(kink.sample).transpose();
      if (l == 0) break;
      delta = (weights_[l].transpose() * delta).cwiseProduct(all[l - 1].col(kink.sample)).eval();
    }
    result.col(static_cast<Index>(c)) = column;
  }
  return result;
}

}  // namespace saddleflow
