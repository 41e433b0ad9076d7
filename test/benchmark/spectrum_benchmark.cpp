// Seconds of processor time for the signs of all eigenvalues of a Hessian: by all eigenvalues, by factors of
// the whole, by its neurons (count_signs), and by the parts that zero neurons leave (hessian_spectrum). Every
// line compares the counts; exit status 3 where they differ. An argument: so many random points of each
// network instead of one.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "saddleflow/base/decompositions.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/sign_counts.hpp"
#include "saddleflow/saddle/spectrum.hpp"

using namespace saddleflow;

namespace {

// Of the largest eigenvalue, as SpectrumOptions::relative_zero.
constexpr Real kZeroPart = Real(1e-10);

struct SignCase {
  std::vector<Index> sizes;
  Index samples;
  Activation activation;
};

template <class Function>
double seconds_of(Function f) {
  const std::clock_t start = std::clock();
  f();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

std::string text_of(const SignCounts& signs) {
  return fmt::format("{} / {} / {}", signs.negative, signs.zero, signs.positive);
}

bool same(const SignCounts& a, const SignCounts& b) {
  return a.negative == b.negative && a.zero == b.zero && a.positive == b.positive;
}

std::string shape_of(const SignCase& c) {
  std::string shape;
  for (const Index size : c.sizes) shape += fmt::format("{}{}", shape.empty() ? "" : "-", size);
  return shape;
}

/// All but the first three neurons at zero, as at a saddle of a flow from a small start.
void silence(const Network& network, Vector& w) {
  for (std::size_t k = 3; k < network.neurons().size(); ++k)
    for (const auto& side : {network.neurons()[k].incoming, network.neurons()[k].outgoing})
      for (const Index i : side) w[i] = 0;
}

/// False where the counts differ.
bool measure(const SignCase& c, std::uint64_t seed, bool zero_neurons) {
  Random random(seed);
  Dataset data;
  data.inputs = random.normal_matrix(c.sizes.front(), c.samples);
  data.targets = random.normal_matrix(c.sizes.back(), c.samples);
  Objective objective(feed_forward(c.sizes, c.activation), data, Loss(square_loss()));
  Vector w = random.normal_matrix(objective.size(), 1) / std::sqrt(static_cast<Real>(c.sizes.front()));
  if (zero_neurons) silence(objective.network(), w);
  const Potential by_neurons = potential_of(objective);
  Potential by_whole = by_neurons;
  by_whole.form_size.reset();
  Vector values;
  SignCounts expected, factors, neurons;
  Real zero = 0;
  const double full = seconds_of([&] {
    Matrix hessian(w.size(), w.size());
    objective.hessian(w, hessian);
    values = symmetric_eigenvalues(hessian, "benchmark");
    zero = kZeroPart * values.cwiseAbs().maxCoeff();
    expected = {(values.array() < -zero).count(), (values.array().abs() <= zero).count(),
                (values.array() > zero).count()};
  });
  const double whole = seconds_of([&] { factors = *count_signs(by_whole, w, zero); });
  const double part = seconds_of([&] { neurons = *count_signs(by_neurons, w, zero); });
  Spectrum spectrum;
  const double all = seconds_of([&] { spectrum = hessian_spectrum(objective, w); });
  const bool agree = same(expected, factors) && same(expected, neurons);
  fmt::print("{:10} {:>6} {:>7} {:14} {:>5}  {:>20}  {:>9.3f} {:>9.3f} {:>9.4f} {:>9.3f}  {:>7.0f}  {}\n",
             shape_of(c), c.samples, w.size(), c.activation.description(), zero_neurons ? "3" : "all",
             text_of(expected), full, whole, part, all, full / part,
             agree ? "equal" : fmt::format("NOT equal: {}, {}", text_of(factors), text_of(neurons)));
  std::fflush(stdout);
  return agree;
}

}  // namespace

int main(int argc, char** argv) {
  const int points = argc > 1 ? std::atoi(argv[1]) : 1;
  const std::vector<SignCase> cases = {{{10, 20, 1}, 100, Activation(0, 2)},
                                       {{10, 100, 1}, 100, Activation(0, 2)},
                                       {{10, 100, 1}, 100, Activation(0, 1)},
                                       {{10, 300, 1}, 100, Activation(0, 2)},
                                       {{10, 300, 1}, 100, Activation(0, 1)}};
  fmt::print("{:10} {:>6} {:>7} {:14} {:>5}  {:>20}  {:>9} {:>9} {:>9} {:>9}  {:>7}\n", "network", "samples",
             "weights", "activation", "alive", "- / 0 / +", "values", "factors", "neurons", "spectrum",
             "factor");
  bool agree = true;
  for (const SignCase& c : cases)
    for (int point = 0; point < points; ++point)
      for (const bool zero_neurons : {false, true})
        agree = measure(c, static_cast<std::uint64_t>(point + 1), zero_neurons) && agree;
  return agree ? 0 : 3;
}
