#include "saddle/kinked_examples.hpp"

#include <utility>

#include "ode/switching/kink_run.hpp"
#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/flow/flow_stepping.hpp"
#include "saddleflow/network/kernel.hpp"

namespace saddleflow::test {

KinkedExample stationary_example(const StationaryRecipe& recipe) {
  const auto& [seed, inputs, width, samples, slope_of_recipe, kinks, zero_rows, silent] = recipe;
  const Real slope = slope_of_recipe;  // a lambda captures no structured binding
  Random random(seed);
  Matrix x = random.normal_matrix(inputs, samples), u = random.normal_matrix(width, inputs);
  Vector v = random.normal_matrix(width, 1);
  if (silent) v[width - 1] = 0;
  Matrix slopes = Matrix::Zero(width, samples);
  u.topRows(zero_rows).setZero();
  const auto inside = [&] { return slope + (1 - slope) * (Real(0.1) + Real(0.8) * random.uniform()); };
  for (Index i = 0; i < kinks; ++i) {
    const Index j = zero_rows + i % (width - zero_rows - (silent ? 1 : 0));
    const Vector row = u.row(j).transpose();
    x.col(i) -= row * (row.dot(x.col(i)) / row.squaredNorm());
    slopes(j, i) = inside();
  }
  slopes.topRows(zero_rows) = Matrix::NullaryExpr(zero_rows, samples, inside);
  Matrix jacobian((inputs + 1) * width, samples);  // of the outputs, transposed
  Vector outputs = Vector::Zero(samples);
  for (Index i = 0; i < samples; ++i)
    for (Index j = 0; j < width; ++j) {
      const Real z = u.row(j).dot(x.col(i));
      const bool kink = slopes(j, i) != 0;
      const Real s = kink ? slopes(j, i) : z > 0 ? Real(1) : slope;
      jacobian.block(j * inputs, i, inputs, 1) = v[j] * s * x.col(i);
      jacobian(width * inputs + j, i) = kink ? Real(0) : s * z;
      if (!kink) outputs[i] += v[j] * s * z;
    }
  // A residual in the kernel.
  Vector r = random.normal_matrix(samples, 1);
  for (int round = 0; round < 2; ++round) r -= minimum_norm_least_squares(jacobian, jacobian * r);
  KinkedExample example;
  const auto network = feed_forward({inputs, width, 1}, Activation(slope, 1));
  example.objective =
      std::make_unique<Objective>(network, Dataset{x, (outputs - r).transpose(), "made"}, Loss());
  example.w.resize(network->parameter_count());
  network->layout().matrix(example.w, 0) = u;
  network->layout().matrix(example.w, 1) = v.transpose();
  return example;
}

KinkedExample stationary_example(const StationaryConvolution& recipe) {
  const auto& [seed, size, patches, kernels, samples, outer, slope, kinks] = recipe;
  Random random(seed);
  const auto network =
      convolution({sequence_patches(size * patches, 1, size, size), kernels, 1, outer}, Activation(slope, 1));
  Matrix x = random.normal_matrix(size * patches, samples);
  KinkedExample example;
  example.w = random.normal_matrix(network->parameter_count(), 1);
  const Matrix a = network->layout().matrix(example.w, 0);
  Matrix slopes = Matrix::Zero(kernels, samples * patches);
  for (Index c = 0; c < kinks; ++c) {
    const Index i = c / 2, j = i % kernels, q = c % 2 == 0 ? 0 : patches - 1;
    const Vector row = a.row(j).transpose();
    auto patch = x.col(i).segment(size * q, size);
    patch -= row * (row.dot(patch) / row.squaredNorm());
    slopes(j, i + samples * q) = slope + (1 - slope) * (Real(0.1) + Real(0.8) * random.uniform());
  }
  ActivationPattern pattern{{slopes}};
  Matrix& factors = pattern.factors.front();
  for (Index q = 0; q < patches; ++q) {
    const Matrix z = a * x.middleRows(size * q, size);
    for (Index i = 0; i < samples; ++i)
      for (Index j = 0; j < kernels; ++j)
        if (Real& factor = factors(j, i + samples * q); factor == 0) factor = z(j, i) > 0 ? Real(1) : slope;
  }
  const auto kernel = network->kernel(x);
  kernel->set_pattern(&pattern);
  const Matrix outputs = kernel->forward(example.w);
  Matrix jacobian(network->parameter_count(), samples);  // of the outputs, transposed
  Vector gradient;
  for (Index i = 0; i < samples; ++i) {
    kernel->backward(Matrix::Identity(samples, samples).row(i), gradient);
    jacobian.col(i) = gradient;
  }
  // A residual in the kernel.
  Vector r = random.normal_matrix(samples, 1);
  for (int round = 0; round < 2; ++round) r -= minimum_norm_least_squares(jacobian, jacobian * r);
  example.objective =
      std::make_unique<Objective>(network, Dataset{x, outputs - r.transpose(), "made"}, Loss());
  return example;
}

namespace {

KinkedExample end_of_flow_from(std::unique_ptr<Objective> owned, const Vector& start) {
  KinkedExample example;
  example.objective = std::move(owned);
  Objective& objective = *example.objective;
  FlowAssemblyOptions assembly;
  assembly.stepper = "auto";
  assembly.charts = FlowAssemblyOptions::Charts::cartesian;
  assembly.events = no_flow_events();
  assembly.events.steady = assembly.events.steady_terminal = true;
  assembly.events.steady_threshold = Real(1e-7);
  assembly.stepping = flow_stepping(objective.network(), Real(1e-7), objective.value(start));
  FlowAssembly parts(objective, start, assembly);
  IntegrationOptions integration;
  integration.t_end = Real(1e5);
  integration.max_steps = 20000;
  Observer none;
  const Outcome outcome = parts.run(none, integration);
  if (outcome.stop_reason == "event:steady") example.w = parts.weights(outcome.state);
  return example;
}

}  // namespace

KinkedExample end_of_flow(std::uint64_t seed, const std::vector<Index>& sizes, Index samples, Real slope) {
  KinkProblem problem;
  problem.seed = seed;
  problem.sizes = sizes;
  problem.samples = samples;
  problem.slope = slope;
  problem.targets = Targets::random;
  problem.norm = Real(0.5);
  return end_of_flow_from(std::make_unique<Objective>(problem.network(), problem.data(), Loss()),
                          problem.start());
}

KinkedExample end_of_flow(std::uint64_t seed, const std::shared_ptr<const Network>& network, Index samples) {
  Random random(seed);
  const Matrix x = random.normal_matrix(network->input_count(), samples);
  const Matrix y = random.normal_matrix(network->output_count(), samples);
  const Vector start = random.unit_vector(network->parameter_count()) / 2;
  return end_of_flow_from(std::make_unique<Objective>(network, Dataset{x, y, "normal"}, Loss()), start);
}

}  // namespace saddleflow::test
