#include "problems.hpp"

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow::test {

Matrix gaussian(Index rows, Index cols, unsigned seed) {
  boost::random::mt19937 random(seed);
  boost::random::normal_distribution<double> normal;
  Matrix m(rows, cols);
  for (Index j = 0; j < cols; ++j)
    for (Index i = 0; i < rows; ++i) m(i, j) = static_cast<Real>(normal(random));
  return m;
}

Matrix rotation(Index n, unsigned seed) { return thin_qr(gaussian(n, n, seed)).q; }

Matrix inverse(const Matrix& m) {
  LuFactors factors;
  factors.compute(m);
  Matrix result(m.rows(), m.cols());
  for (Index j = 0; j < m.cols(); ++j) result.col(j) = factors.solve(Vector::Unit(m.rows(), j));
  return result;
}

Vector drive(Stepper& stepper, const System& system, Real end) {
  while (stepper.current_time() < end) {
    if (stepper.current_time() + stepper.current_time_step() > end)
      stepper.set_time_step(end - stepper.current_time());
    stepper.do_step(system);
  }
  return stepper.current_state();
}

}  // namespace saddleflow::test
