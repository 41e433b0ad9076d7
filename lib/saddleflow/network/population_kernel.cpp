#include "saddleflow/network/population_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace saddleflow {
namespace {

Real whole_power_of(Real x, int exponent) {
  Real result = 1;
  for (int k = 0; k < exponent; ++k) result *= x;
  return result;
}

// E[f^2] is known up to rounding of the terms that it is a sum of. A norm of this part of them stands for
// less: the derivative by the norm is divided by it, so that it must not vanish where those of E[f^2] do not.
constexpr Real kLeastNorm = std::numeric_limits<Real>::epsilon();

}  // namespace

PopulationKernel::PopulationKernel(const PopulationShape& shape, const Layout& layout, const Matrix& inputs)
    : d_(layout.layer(0).cols),
      m_(shape.layers[1]),
      k_(shape.layers[2]),
      n_(inputs.cols() - 1 - shape.basis),
      teachers_(shape.teachers),
      skipped_(shape.basis),
      columns_(inputs.cols() - 1),
      activation_(shape.activation),
      p_(shape.activation.power()),
      layout_(layout),
      own_(shape.activation, shape.activation),
      of_teacher_(shape.activation, shape.teacher),
      units_(Matrix::Zero(d_, n_ + m_)),
      sizes_(Vector::Zero(n_ + m_)),
      slopes_(m_),
      bends_(m_),
      outer_(k_, m_),
      outputs_(Matrix::Zero(k_, columns_ + 1)),
      tangent_(Matrix::Zero(k_, columns_ + 1)),
      r_(Matrix::Zero(k_, columns_ + 1)),
      norm_changes_(Vector::Zero(k_)),
      along_(m_, n_ + m_),
      own_along_(m_) {
  for (Matrix* terms : {&value_, &first_, &radial_, &cross_, &cosine_, &sine_}) terms->setZero(m_, n_ + m_);
  const Matrix given = of_targets(inputs);
  const Matrix targets =
      skipped_ > 0 ? Matrix(inputs.middleCols(teachers_, skipped_).transpose() * given) : given;
  for (Index j = 0; j < n_; ++j) {
    const Real norm = targets.col(j).stableNorm();
    const int power = j < teachers_ ? shape.teacher.power() : p_;
    if (norm > 0) units_.col(j) = targets.col(j) / norm;
    sizes_[j] = whole_power_of(norm, power);
  }
}

Matrix PopulationKernel::of_targets(const Matrix& all) const {
  Matrix targets(all.rows(), n_);
  targets << all.leftCols(teachers_), all.middleCols(teachers_ + skipped_, n_ - teachers_);
  return targets;
}

void PopulationKernel::put_targets(const Matrix& targets, Matrix& all) const {
  all.leftCols(teachers_) = targets.leftCols(teachers_);
  all.middleCols(teachers_ + skipped_, n_ - teachers_) = targets.rightCols(n_ - teachers_);
}

// A polynomial needs no direction: any one serves for a vector that is zero.
void PopulationKernel::place_neurons() {
  const bool polynomial = activation_.is_polynomial();
  for (Index i = 0; i < m_; ++i) {
    const Real norm = units_.col(n_ + i).stableNorm();
    if (norm > 0)
      units_.col(n_ + i) /= norm;
    else if (polynomial)
      units_.col(n_ + i) = Vector::Unit(d_, 0);
    const bool has_direction = !(norm == 0) || polynomial;
    sizes_[n_ + i] = whole_power_of(norm, p_);
    slopes_[i] = has_direction ? whole_power_of(norm, p_ - 1) : Real(0);
    if (p_ == 1)
      bends_[i] = norm == 0 ? Real(0) : 1 / norm;
    else
      bends_[i] = has_direction ? whole_power_of(norm, p_ - 2) : Real(0);
  }
}

void PopulationKernel::make_terms() {
  const auto set = [this](Index i, Index t, const GaussianKernel& kernel, HalfAngle angle) {
    const KernelTerms terms = kernel.at(angle);
    value_(i, t) = terms.value;
    first_(i, t) = terms.first;
    radial_(i, t) = terms.radial;
    cross_(i, t) = terms.cross;
    cosine_(i, t) = angle.cos();
    sine_(i, t) = angle.sin();
  };
  for (Index i = 0; i < m_; ++i) {
    const auto u = units_.col(n_ + i);
    for (Index t = 0; t < n_; ++t)
      set(i, t, t < teachers_ ? of_teacher_ : own_, HalfAngle::between(u, units_.col(t)));
    set(i, n_ + i, own_, HalfAngle{});
    for (Index l = 0; l < i; ++l) {
      set(i, n_ + l, own_, HalfAngle::between(u, units_.col(n_ + l)));
      for (Matrix* terms : {&value_, &first_, &radial_, &cross_, &cosine_, &sine_})
        (*terms)(l, n_ + i) = (*terms)(i, n_ + l);
    }
  }
}

const Matrix& PopulationKernel::forward(const Vector& w) {
  units_.rightCols(m_) = layout_.matrix(w, 0).transpose();
  outer_ = layout_.matrix(w, 1);
  place_neurons();
  make_terms();
  const auto sizes = sizes_.tail(m_);
  put_targets((outer_ * sizes.asDiagonal()) * (value_.leftCols(n_) * sizes_.head(n_).asDiagonal()), outputs_);
  for (Index o = 0; o < k_; ++o) {
    const Vector parts = outer_.row(o).transpose().cwiseProduct(sizes);
    const Real largest = parts.cwiseAbs().maxCoeff();
    if (!(largest > 0)) {
      outputs_(o, columns_) = parts.sum();  // 0, or not a number
      continue;
    }
    const Vector scaled = parts / largest;
    const Matrix terms = scaled.asDiagonal() * value_.rightCols(m_) * scaled.asDiagonal();
    const Real least = kLeastNorm * kLeastNorm * terms.cwiseAbs().sum();
    outputs_(o, columns_) = largest * std::sqrt(std::max(terms.sum(), least));
  }
  return outputs_;
}

Vector PopulationKernel::ratios(const Matrix& r) const {
  Vector rho = Vector::Zero(k_);
  for (Index o = 0; o < k_; ++o)
    if (!is_zero_function(o)) rho[o] = r(o, columns_) / outputs_(o, columns_);
  return rho;
}

void PopulationKernel::set_coefficients(const Matrix& r, const Vector& rho, Coefficients& c) const {
  c.rho = rho;
  c.of_partners.resize(k_, n_ + m_);
  c.of_partners << of_targets(r), rho.asDiagonal() * outer_;
  c.beta.noalias() = outer_.transpose() * c.of_partners;
}

void PopulationKernel::add_incoming(const Matrix& beta, Matrix& out) const {
  const Matrix scaled = slopes_.asDiagonal() * beta * sizes_.asDiagonal();
  out.noalias() += scaled.cwiseProduct(first_) * units_.transpose();
  const Vector radial = scaled.cwiseProduct(radial_).rowwise().sum();
  out.noalias() += radial.asDiagonal() * units_.rightCols(m_).transpose();
}

void PopulationKernel::gradient(const Coefficients& c, Vector& out) const {
  out.resize(layout_.size());
  Matrix incoming = Matrix::Zero(m_, d_);
  add_incoming(c.beta, incoming);
  layout_.matrix(out, 0) = incoming;
  layout_.matrix(out, 1) =
      (c.of_partners * sizes_.asDiagonal()) * (value_.transpose() * sizes_.tail(m_).asDiagonal());
}

void PopulationKernel::backward(const Matrix& r, Vector& out) {
  r_ = r;
  set_coefficients(r, ratios(r), last_);
  gradient(last_, out);
}

void PopulationKernel::project(const Vector& v) {
  tangent_weights_ = v;
  along_.noalias() = layout_.matrix(v, 0) * units_;
  for (Index i = 0; i < m_; ++i) own_along_[i] = along_(i, n_ + i);
}

Real PopulationKernel::change(Index i, Index t) const {
  return slopes_[i] * (radial_(i, t) * own_along_[i] + first_(i, t) * along_(i, t));
}

// Where f_o = 0 the norm grows along v like that of the derivative of f_o, whose square is v^T Hess
// (1/2)E[f_o^2] v.
const Matrix& PopulationKernel::tangent(const Vector& v) {
  project(v);
  const Matrix outer = layout_.matrix(v, 1);
  Matrix by_incoming(m_, n_ + m_);
  for (Index t = 0; t < n_ + m_; ++t)
    for (Index i = 0; i < m_; ++i) by_incoming(i, t) = change(i, t);
  const Matrix changes =
      (outer * sizes_.tail(m_).asDiagonal() * value_ + outer_ * by_incoming) * sizes_.asDiagonal();
  put_targets(changes.leftCols(n_), tangent_);
  for (Index o = 0; o < k_; ++o) {
    if (!is_zero_function(o)) {
      tangent_(o, columns_) = changes.row(o).tail(m_).dot(outer_.row(o) / outputs_(o, columns_));
    } else {
      Coefficients square;
      set_coefficients(Matrix::Zero(k_, columns_ + 1), Vector::Unit(k_, o), square);
      Vector product(v.size());
      multiply(square, v, product);
      tangent_(o, columns_) = std::sqrt(std::max(v.dot(product), Real(0)));
    }
  }
  return tangent_;
}

void PopulationKernel::tangent_backward(const Matrix& dr, Vector& out) {
  Vector rho = last_.rho, of_norms = Vector::Zero(k_);
  for (Index o = 0; o < k_; ++o) {
    const Real norm_change = tangent_(o, columns_);
    if (!is_zero_function(o))
      of_norms[o] = (dr(o, columns_) - rho[o] * norm_change) / outputs_(o, columns_);
    else if (norm_change > 0)
      rho[o] = dr(o, columns_) / norm_change;  // l'' of the norm, which the ratio tends to
  }
  Coefficients c;
  set_coefficients(r_, rho, c);
  multiply(c, tangent_weights_, out);
  Vector of_outputs(out.size());
  set_coefficients(dr, of_norms, c);
  gradient(c, of_outputs);
  out += of_outputs;
}

// UU x and UV y of the pairs (see add_neuron_block()), as multiples of u_i, of v_t and of x or y.
void PopulationKernel::add_curvature(const Coefficients& c, const Matrix& x, Matrix& out) const {
  const auto p = static_cast<Real>(p_);
  Matrix of_partners = Matrix::Zero(m_, n_ + m_), of_neurons = Matrix::Zero(m_, m_);
  Vector own = Vector::Zero(m_), of_x = Vector::Zero(m_);
  for (Index t = 0; t < n_ + m_; ++t)
    for (Index i = 0; i < m_; ++i) {
      const Real cosine = cosine_(i, t), s = sine_(i, t), xu = own_along_[i], xv = along_(i, t);
      const Real cross = s > 0 ? cross_(i, t) / (s * s) : Real(0);
      const Real weight = c.beta(i, t) * bends_[i] * sizes_[t];
      const Real across = (p - 1) * first_(i, t) * xu + cross * (xv - cosine * xu);
      own[i] += weight * ((p * (p - 1) * value_(i, t) - radial_(i, t)) * xu +
                          (p - 1) * first_(i, t) * (xv - cosine * xu) - cosine * across);
      of_partners(i, t) += weight * across;
      of_x[i] += weight * radial_(i, t);
      if (t < n_) continue;
      const Index l = t - n_;
      const Real pair = c.beta(i, t) * slopes_[i] * slopes_[l], yu = along_(l, n_ + i), yv = own_along_[l];
      const Real turned = yu - cosine * yv;
      own[i] += pair * (p * radial_(i, t) * yv + (p - 1) * first_(i, t) * turned - cosine * cross * turned);
      of_partners(i, t) += pair * ((p - 1) * first_(i, t) * yv + cross * turned);
      of_neurons(i, l) += pair * first_(i, t);
    }
  out.noalias() += of_partners * units_.transpose();
  out.noalias() += own.asDiagonal() * units_.rightCols(m_).transpose();
  out.noalias() += of_x.asDiagonal() * x;
  out.noalias() += of_neurons * x;
}

void PopulationKernel::multiply(const Coefficients& c, const Vector& v, Vector& out) const {
  const Matrix x = layout_.matrix(v, 0), outer = layout_.matrix(v, 1);
  out.resize(layout_.size());
  Matrix incoming = Matrix::Zero(m_, d_);
  add_curvature(c, x, incoming);
  Matrix beta = outer.transpose() * c.of_partners;
  beta.rightCols(m_).noalias() += outer_.transpose() * c.rho.asDiagonal() * outer;
  add_incoming(beta, incoming);
  layout_.matrix(out, 0) = incoming;

  const auto sizes = sizes_.tail(m_);
  Matrix outgoing =
      c.rho.asDiagonal() * (outer * sizes.asDiagonal()) * (value_.rightCols(m_) * sizes.asDiagonal());
  for (Index i = 0; i < m_; ++i) {
    for (Index t = 0; t < n_ + m_; ++t) outgoing.col(i) += (sizes_[t] * change(i, t)) * c.of_partners.col(t);
    for (Index l = 0; l < m_; ++l)
      outgoing.col(i) += (sizes[i] * change(l, n_ + i)) * c.rho.cwiseProduct(outer_.col(l));
  }
  layout_.matrix(out, 1) = outgoing;
}

// With v - cos u across and e = k'':
// |u|^2-p UU = (p (p-1) k - r) u u^T + (p-1) k' (a u^T + u a^T) + e a a^T + r I,  a = v - cos u, r = p k - c
// k'.
void PopulationKernel::add_neuron_block(const Coefficients& c, Index i, Matrix& out) const {
  const auto p = static_cast<Real>(p_);
  const auto u = units_.col(n_ + i);
  Matrix block = Matrix::Zero(d_, d_);
  Vector mixed = Vector::Zero(d_);
  Real of_u = 0, radial = 0;
  for (Index t = 0; t < n_ + m_; ++t) {
    const Real weight = c.beta(i, t) * bends_[i] * sizes_[t];
    const Vector across = units_.col(t) - cosine_(i, t) * u;
    of_u += weight * (p * (p - 1) * value_(i, t) - radial_(i, t));
    radial += weight * radial_(i, t);
    mixed += (weight * (p - 1) * first_(i, t)) * across;
    const Real s = sine_(i, t);
    if (s > 0) block.noalias() += (weight * cross_(i, t) / (s * s)) * across * across.transpose();
  }
  block.noalias() += of_u * u * u.transpose() + mixed * u.transpose() + u * mixed.transpose();
  block.diagonal().array() += radial;
  for (Index b = 0; b < d_; ++b)
    for (Index a = 0; a < d_; ++a) out(i + a * m_, i + b * m_) += block(a, b);
}

// UV = p r u v^T + (p-1) k' (u b^T + v v^T) + e a b^T + k' I,  a = v - cos u, b = u - cos v.
void PopulationKernel::add_pair_block(const Coefficients& c, Index i, Index l, Matrix& out) const {
  const auto p = static_cast<Real>(p_);
  const Index t = n_ + l;
  const auto u = units_.col(n_ + i), v = units_.col(t);
  const Real pair = c.beta(i, t) * slopes_[i] * slopes_[l], s = sine_(i, t);
  const Vector a = v - cosine_(i, t) * u, b = u - cosine_(i, t) * v;
  Matrix block = (p * radial_(i, t)) * u * v.transpose() +
                 ((p - 1) * first_(i, t)) * (u * b.transpose() + v * v.transpose());
  if (s > 0) block.noalias() += (cross_(i, t) / (s * s)) * a * b.transpose();
  block.diagonal().array() += first_(i, t);
  for (Index y = 0; y < d_; ++y)
    for (Index x = 0; x < d_; ++x) out(i + x * m_, l + y * m_) += pair * block(x, y);
}

void PopulationKernel::add_outer_blocks(const Coefficients& c, Matrix& out) const {
  const Index first = layout_.layer(1).offset;
  Vector column(d_);
  const auto add = [&](Index o, Index i, Index l, const Vector& by_incoming) {
    const Index row = first + o + i * k_;
    for (Index a = 0; a < d_; ++a) {
      out(row, l + a * m_) += by_incoming[a];
      out(l + a * m_, row) += by_incoming[a];
    }
  };
  const auto gradient_of = [&](Index i, Index t) {
    return slopes_[i] * (radial_(i, t) * units_.col(n_ + i) + first_(i, t) * units_.col(t));
  };
  for (Index o = 0; o < k_; ++o)
    for (Index i = 0; i < m_; ++i) {
      column.setZero();
      for (Index t = 0; t < n_ + m_; ++t) column += c.of_partners(o, t) * sizes_[t] * gradient_of(i, t);
      add(o, i, i, column);
      for (Index l = 0; l < m_; ++l) {
        column = c.rho[o] * outer_(o, l) * sizes_[n_ + i] * gradient_of(l, n_ + i);
        add(o, i, l, column);
        out(first + o + i * k_, first + o + l * k_) +=
            c.rho[o] * sizes_[n_ + i] * sizes_[n_ + l] * value_(i, n_ + l);
      }
    }
}

// sum C_{ot} (grad H)(grad H)^T of the columns, and (C - rho) (grad |f_o|)(grad |f_o|)^T.
void PopulationKernel::add_outputs_curvature(const Vector& rho, const OutputCurvature& c, Matrix& out) {
  Vector row(layout_.size());
  Coefficients one;
  for (Index o = 0; o < k_; ++o) {
    for (Index t = 0; t < columns_; ++t) {
      if (c.diagonal(o, t) == 0 || (t >= teachers_ && t < teachers_ + skipped_)) continue;
      Matrix r = Matrix::Zero(k_, columns_ + 1);
      r(o, t) = 1;
      set_coefficients(r, Vector::Zero(k_), one);
      gradient(one, row);
      out.noalias() += c.diagonal(o, t) * row * row.transpose();
    }
    const Real of_norm = c.diagonal(o, columns_) - rho[o];
    if (of_norm == 0 || is_zero_function(o)) continue;
    set_coefficients(Matrix::Zero(k_, columns_ + 1), Vector::Unit(k_, o) / outputs_(o, columns_), one);
    gradient(one, row);
    out.noalias() += of_norm * row * row.transpose();
  }
}

void PopulationKernel::hessian(const Matrix& r, const OutputCurvature& c, Matrix& out) {
  require_diagonal(c, "population");
  Vector rho = ratios(r);
  for (Index o = 0; o < k_; ++o)
    if (is_zero_function(o)) rho[o] = c.diagonal(o, columns_);
  Coefficients f;
  set_coefficients(r, rho, f);
  out.setZero(layout_.size(), layout_.size());
  for (Index i = 0; i < m_; ++i) {
    add_neuron_block(f, i, out);
    for (Index l = 0; l < m_; ++l) add_pair_block(f, i, l, out);
  }
  add_outer_blocks(f, out);
  add_outputs_curvature(rho, c, out);
  out = (out + out.transpose()).eval() / 2;  // up to rounding it is
}

}  // namespace saddleflow
