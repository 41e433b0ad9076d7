#include "saddleflow/saddle/extreme_eigenvalues.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/ode/stepper/spectral.hpp"

namespace saddleflow {
namespace {

// So few weights that a Hessian and its decomposition cost less than the products.
constexpr Index kFew = 100;
// Vectors that are kept between two restarts of a large problem, and products in all: hundreds mean that the
// ends of the spectrum are no isolated eigenvalues.
constexpr Index kKept = 64, kMostProducts = 1000;
// Products between two looks at the small problem, and before the first: the start knows the ends of an
// earlier point, and one that is new has to come up beside them.
constexpr Index kLook = 6, kFewestProducts = 24;

/// An eigenvalue is known if its error is below this part of itself or that part of the larger magnitude.
struct Accuracy {
  Real relative, of_largest;
};
constexpr Accuracy kSmallProblem{Real(1e-10), Real(1e-14)};
// Events print four digits.
constexpr Accuracy kLargeProblem{Real(1e-4), Real(1e-6)};

/// One Lanczos space, every vector made orthogonal to all before it.
class LanczosRun {
 public:
  LanczosRun(ProductRef product, Vector& start, Index most, Accuracy accuracy)
      : product_(product), accuracy_(accuracy), basis_(start.size(), most), diagonal_(most), off_(most) {
    Vector v = start;
    for (Index k = 0; k < most; ++k) {
      basis_.col(k) = v;
      const bool more = extend(k, v);
      if (!more || (k + 1 >= kFewestProducts && (k + 1) % kLook == 0) || k + 1 == most) {
        look(k + 1);
        if (known_ || !more) break;
      }
      v = next_ / off_[k];
    }
    start = basis_.leftCols(steps_) * (lowest_ + highest_);
    start /= start.norm();
  }

  bool known() const { return known_; }
  const Extremes& extremes() const { return extremes_; }
  Index products() const { return steps_; }

 private:
  // False where the space is invariant.
  bool extend(Index k, const Vector& v) {
    product_(v, next_);
    if (!next_.allFinite()) throw NumericalError("spectrum: a Hessian-vector product is not finite");
    diagonal_[k] = v.dot(next_);
    const auto earlier = basis_.leftCols(k + 1);
    for (int pass = 0; pass < 2; ++pass) next_ -= earlier * (earlier.transpose() * next_);
    off_[k] = next_.norm();
    scale_ = std::max({scale_, std::abs(diagonal_[k]), off_[k]});
    return off_[k] > kInvariant * scale_;
  }

  void look(Index k) {
    const SymmetricEigen eigen = tridiagonal_eigen(diagonal_.head(k), off_.head(k - 1));
    lowest_ = eigen.vectors.col(0);
    highest_ = eigen.vectors.col(k - 1);
    extremes_.min = eigen.values[0];
    extremes_.max = eigen.values[k - 1];
    const Real largest = std::max(std::abs(extremes_.min), std::abs(extremes_.max));
    // With a gap to the next eigenvalue the error is about the square of the residual over it (Kato and
    // Temple); not a bound, as the gap is that of Ritz values.
    const auto residual = [&](Index i) { return off_[k - 1] * std::abs(eigen.vectors(k - 1, i)); };
    const auto error = [&](Index i, Index next) {
      const Real r = residual(i), gap = std::abs(eigen.values[next] - eigen.values[i]) - r;
      return gap > r ? r * r / gap : r;
    };
    const Real low = error(0, std::min<Index>(1, k - 1)), high = error(k - 1, std::max<Index>(0, k - 2));
    extremes_.residual = std::max(residual(0), residual(k - 1));
    const auto enough = [&](Real off, Real value) {
      return off <= std::max(accuracy_.relative * std::abs(value), accuracy_.of_largest * largest);
    };
    known_ = enough(low, extremes_.min) && enough(high, extremes_.max);
    steps_ = k;
  }

  static constexpr Real kInvariant = 10 * std::numeric_limits<Real>::epsilon();

  ProductRef product_;
  Accuracy accuracy_;
  Matrix basis_;
  Vector diagonal_, off_, next_, lowest_, highest_;
  Real scale_ = 0;
  Extremes extremes_;
  bool known_ = false;
  Index steps_ = 0;
};

/// Of length 1. A direction that the start has lost must be able to come back.
void stir(Vector& start, Index n) {
  constexpr Real kStir = Real(0.3);  // costs the start its square of what it knows
  const bool warm = start.size() == n && start.allFinite() && start.norm() > 0;
  if (!warm) start = Vector::Zero(n);
  const Real weight = (warm ? kStir : Real(1)) * std::sqrt(3 / static_cast<Real>(n));
  for (Index i = 0; i < n; ++i) start[i] += weight * fixed_noise(i);
  start /= start.norm();
}

Extremes dense(Objective& objective, const Vector& w) {
  Matrix hessian(w.size(), w.size());
  objective.hessian(w, hessian);
  const Vector values = symmetric_eigenvalues(hessian, "spectrum");
  const Real largest = values.cwiseAbs().maxCoeff();
  return {values[0], values[values.size() - 1], std::numeric_limits<Real>::epsilon() * largest};
}

}  // namespace

Extremes ExtremeEigenvalues::at(Objective& objective, const Vector& w) {
  const Index n = w.size();
  if (n <= kFew) return dense(objective, w);
  const auto product = [&](const Vector& v, Vector& out) {
    out.resize(n);
    objective.hessian_vector(w, v, out);
  };
  const bool small = n <= kDenseSpectrum;
  const Index kept = small ? n / 3 : kKept, most = small ? n / 3 : kMostProducts;
  stir(start_, n);
  for (Index products = 0; products < most;) {
    const LanczosRun run(product, start_, std::min(kept, most - products),
                         small ? kSmallProblem : kLargeProblem);
    if (run.known()) return run.extremes();
    products += run.products();
  }
  if (small) return dense(objective, w);
  throw NumericalError(
      fmt::format("spectrum: the ends are not known after {} Hessian-vector products", kMostProducts));
}

}  // namespace saddleflow
