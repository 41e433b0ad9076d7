#include "saddleflow/problem/in_context_regression.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/error.hpp"

namespace saddleflow {
namespace {

/// Eigenvectors that covariance and E[beta beta^T] share, and the eigenvalues of both.
struct InContextModes {
  Matrix vectors;
  Vector of_tokens, of_beta;
};

InContextModes in_context_modes(const InContextOptions& options) {
  const Matrix& s = options.covariance;
  if (s.rows() != s.cols() || s.rows() < 1)
    throw InputError(fmt::format("in-context regression: found a {} x {} covariance, expected a square one",
                                 s.rows(), s.cols()));
  if (!s.allFinite()) throw InputError("in-context regression: a number of the covariance is not finite");
  if (s != s.transpose()) throw InputError("in-context regression: the covariance is not symmetric");
  if (options.context < 1)
    throw InputError(fmt::format("in-context regression: found {} pairs a prompt, expected a positive number",
                                 options.context));
  SymmetricEigen eigen = symmetric_eigen(s, "in-context regression: covariance");
  if (!(eigen.values[0] > 0))
    throw InputError(fmt::format(
        "in-context regression: found the eigenvalue {} of the covariance, expected positive ones",
        eigen.values[0]));
  InContextModes modes{std::move(eigen.vectors), std::move(eigen.values), {}};
  const auto pairs = static_cast<Real>(options.context);
  modes.of_beta =
      (1 + 1 / pairs) * modes.of_tokens.cwiseAbs2() + (modes.of_tokens.sum() / pairs) * modes.of_tokens;
  return modes;
}

}  // namespace

InContextMoments in_context_moments(const InContextOptions& options) {
  const InContextModes modes = in_context_modes(options);
  const Matrix& s = options.covariance;
  const Index d = s.rows();
  const auto pairs = static_cast<Real>(options.context);
  InContextMoments moments;
  moments.beta = (1 + 1 / pairs) * s * s + (s.trace() / pairs) * s;
  moments.second.resize(d * d, d * d);
  for (Index j = 0; j < d; ++j)
    for (Index i = 0; i < d; ++i) moments.second.block(d * i, d * j, d, d) = s(i, j) * moments.beta;
  const Matrix square = s * s;
  moments.answers = ConstVectorView(square.data(), d * d);
  moments.square = s.trace();
  const Real explained = (modes.of_tokens.array().cube() / modes.of_beta.array()).sum();
  moments.least_loss = (moments.square - explained) / 2;
  return moments;
}

Dataset in_context_regression(const InContextOptions& options, Index samples, std::uint64_t seed,
                              RandomStream stream) {
  const InContextModes modes = in_context_modes(options);
  if (samples < 1)
    throw InputError(
        fmt::format("in-context regression: found {} prompts, expected a positive number", samples));
  if (seed > static_cast<std::uint64_t>(std::numeric_limits<long>::max()))
    throw InputError(fmt::format("in-context regression: found the seed {}, expected at most {}", seed,
                                 std::numeric_limits<long>::max()));
  const Index d = options.covariance.rows();
  // The symmetric root: eigenvectors have signs that no one prescribes.
  const Matrix root = modes.vectors * modes.of_tokens.cwiseSqrt().asDiagonal() * modes.vectors.transpose();
  Random random(seed, stream);
  Dataset data;
  data.inputs.resize(d * d, samples);
  data.targets.resize(1, samples);
  for (Index i = 0; i < samples; ++i) {
    const Vector task = random.normal_matrix(d, 1);
    const Matrix tokens = root * random.normal_matrix(d, options.context);
    const Vector query = root * random.normal_matrix(d, 1);
    const Vector beta = tokens * (tokens.transpose() * task) / static_cast<Real>(options.context);
    MatrixView(data.inputs.col(i).data(), d, d) = beta * query.transpose();
    data.targets(0, i) = task.dot(query);
  }
  data.origin = "generator in_context_regression";
  data.seed = static_cast<long>(seed);
  return data;
}

Dataset in_context_population(const InContextOptions& options) {
  const InContextModes modes = in_context_modes(options);
  const Index d = options.covariance.rows();
  const auto root_n = static_cast<Real>(d);
  Dataset data;
  data.inputs.resize(d * d, d * d);
  data.targets.setZero(1, d * d);
  for (Index j = 0; j < d; ++j)
    for (Index i = 0; i < d; ++i) {
      const Real size = std::sqrt(modes.of_beta[i] * modes.of_tokens[j]);
      MatrixView(data.inputs.col(i + d * j).data(), d, d) =
          root_n * size * modes.vectors.col(i) * modes.vectors.col(j).transpose();
      if (i == j) data.targets(0, i + d * j) = root_n * modes.of_tokens[i] * modes.of_tokens[i] / size;
    }
  data.origin = "generator in_context_population";
  return data;
}

}  // namespace saddleflow
