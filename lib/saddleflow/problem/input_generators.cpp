#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/problem/data_generators.hpp"

namespace saddleflow {

namespace {

void check_shape(const GeneratorOptions& options) {
  const Index n = options.samples;
  const Index d = options.dimension;
  if (n < 1) throw InputError(fmt::format("data.samples: {} found, expected a positive number", n));
  if (d < 1) throw InputError(fmt::format("data.inputs: dimension {} found, expected a positive number", d));
  if (options.inputs == InputKind::circle && d != 2)
    throw InputError(fmt::format("data.inputs: \"circle\" needs 2 inputs, the network has {}", d));
  if (options.inputs == InputKind::orthogonal && n > d)
    throw InputError(fmt::format(
        "data.samples: {} orthogonal inputs asked for, at most {} exist in dimension {}", n, d, d));
  if (options.inputs == InputKind::whitened && n < d)
    throw InputError(
        fmt::format("data.samples: {} found, whitened inputs in dimension {} need at least {}", n, d, d));
}

void check_numbers(const GeneratorOptions& options) {
  using std::isfinite;
  if (!isfinite(options.scale) || options.scale <= 0)
    throw InputError(fmt::format("data.scale: {} found, expected a positive number", options.scale));
  if (!isfinite(options.offset))
    throw InputError(fmt::format("data.offset: {} found, expected a finite angle", options.offset));
  if (options.offset != 0 && options.inputs != InputKind::circle)
    throw InputError(fmt::format("data.offset: belongs to inputs = \"circle\", found with \"{}\"",
                                 name_of(options.inputs)));
}

Matrix circle(Index samples, Real offset) {
  using std::cos;
  using std::sin;
  Matrix x(2, samples);
  for (Index i = 0; i < samples; ++i) {
    const Real angle =
        offset + 2 * std::numbers::pi_v<Real> * static_cast<Real>(i) / static_cast<Real>(samples);
    x.col(i) << cos(angle), sin(angle);
  }
  return x;
}

Matrix sphere(Index dimension, Index samples, Random& random) {
  Matrix x(dimension, samples);
  for (Index i = 0; i < samples; ++i) x.col(i) = random.unit_vector(dimension);
  return x;
}

Matrix hypercube(Index dimension, Index samples, Random& random) {
  Matrix x(dimension, samples);
  for (Index i = 0; i < samples; ++i)
    for (Index j = 0; j < dimension; ++j) x(j, i) = random.sign();
  return x;
}

Matrix given(const GeneratorOptions& options) {
  const Matrix& x = options.given_inputs;
  if (x.rows() != options.dimension || x.cols() != options.samples)
    throw InputError(fmt::format("data.given.inputs: {} samples of {} numbers found, expected {} of {}",
                                 x.cols(), x.rows(), options.samples, options.dimension));
  if (!x.allFinite()) throw InputError("data.given.inputs: a number is not finite");
  return x;
}

}  // namespace

Matrix generate_inputs(const GeneratorOptions& options, RandomStream stream) {
  check_shape(options);
  check_numbers(options);
  const Index n = options.samples;
  const Index d = options.dimension;
  Random random(options.seed, stream);
  switch (options.inputs) {
    case InputKind::gaussian:
      return options.scale * random.normal_matrix(d, n);
    case InputKind::sphere:
      return options.scale * sphere(d, n, random);
    case InputKind::circle:
      return options.scale * circle(n, options.offset);
    case InputKind::orthogonal:
      return options.scale * random.orthonormal_columns(d, n);
    case InputKind::whitened:
      return options.scale * random.orthonormal_columns(n, d).transpose();
    case InputKind::hypercube:
      return options.scale * hypercube(d, n, random);
    case InputKind::given:
      return given(options);
  }
  throw InputError("data.inputs: unknown generator");
}

}  // namespace saddleflow
