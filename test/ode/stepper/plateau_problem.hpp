// A small two-layer squared-ReLU network by plain Eigen code, independent of the network room: its gradient
// flow passes two saddles, and an explicit method spends nearly all its steps standing still at them.
#pragma once

#include <boost/random/mersenne_twister.hpp>
#include <cstdint>

#include "saddleflow/base/real.hpp"

namespace saddleflow::test {

/// L = 1/(2n) sum_i (v . relu(W x_i)^2 - y_i)^2; weights W (neurons x inputs, column-major), then v.
class PlateauProblem {
 public:
  struct Counts {
    std::int64_t gradients = 0, products = 0, hessians = 0;
  };

  explicit PlateauProblem(unsigned seed, Index inputs = 10, Index neurons = 20, Index samples = 100,
                          Index teachers = 3);

  Index size() const { return m_ * (d_ + 1); }
  Vector start(Real norm);

  Real loss(const Vector& w);

  void operator()(const Vector& w, Vector& dwdt, Real /*t*/);

  void hessian_vector(const Vector& w, const Vector& p, Vector& out, Real /*t*/);

  void hessian(const Vector& w, Matrix& h, Real /*t*/);

  Counts counts;

 private:
  void fill(Eigen::Ref<Matrix> values);

  void forward(const Vector& w);

  Index d_, m_, n_;
  Matrix x_;
  Vector y_;
  boost::random::mt19937 random_;
  Matrix positive_, square_, drive_, jacobian_;
  Vector residual_;
};

}  // namespace saddleflow::test
