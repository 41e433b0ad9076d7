// Microseconds of processor time for one gradient, Hessian-vector product and Hessian of the training loss:
// `gradient-benchmark [FILE.csv]` prints a table, and writes the same to a file (for torch_benchmark.py).
// Every figure is the best of several repetitions of a loop; weights change from call to call, so that
// nothing kept is reused. A second table has gradients of wide networks for 100 to 30 000 samples, as a part
// of the speed of Eigen's product of two matrices.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <string>
#include <vector>

#include "saddleflow/problem/objective.hpp"

using namespace saddleflow;

namespace {

struct Case {
  std::vector<Index> sizes;
  Index samples;
  Activation activation;
};

/// Best time of one call of f(w), in microseconds.
template <class Function>
double best_time(const Vector& w, int calls, Function f) {
  std::vector<Vector> points{w, Real(1.0009765625) * w};
  double best = 1e300;
  std::size_t turn = 0;
  for (int repetition = 0; repetition < 5; ++repetition) {
    const std::clock_t start = std::clock();
    for (int call = 0; call < calls; ++call) f(points[turn++ % 2]);
    best = std::min(best, 1e6 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / calls);
  }
  return best;
}

void run(const Case& c, std::FILE* csv) {
  const auto network = feed_forward(c.sizes, c.activation);
  Dataset data;
  data.inputs = Matrix::Random(c.sizes.front(), c.samples);
  data.targets = Matrix::Random(c.sizes.back(), c.samples);
  Objective objective(network, data, Loss(square_loss()));
  const Vector w = Vector::Random(network->parameter_count());
  const Vector v = Vector::Random(w.size());
  Vector g(w.size());
  Matrix h(w.size(), w.size());

  const auto work = static_cast<double>(w.size() * c.samples);
  const int calls = std::max(4, static_cast<int>(3e6 / work));
  const int hessians = std::max(1, static_cast<int>(3e8 / (work * static_cast<double>(w.size()))));
  const double gradient = best_time(w, calls, [&](const Vector& x) { objective.gradient(x, g); });
  const double both = best_time(w, calls, [&](const Vector& x) { objective.hessian_vector(x, v, g); });
  const double hessian = best_time(w, hessians, [&](const Vector& x) { objective.hessian(x, h); });

  if (csv != nullptr)
    fmt::print(csv, "{},{},{},{},{:.4f},{:.4f},{:.4f}\n", fmt::join(c.sizes, "-"), c.samples,
               c.activation.slope(), c.activation.power(), gradient, both - gradient, hessian);
  std::string shape;
  for (const Index size : c.sizes) shape += fmt::format("{}{}", shape.empty() ? "" : "-", size);
  const WorkCounters& n = objective.counters();
  fmt::print("{:14} {:>6} {:14} {:>7} {:>10.2f} {:>10.2f} {:>12.1f} {:>10.2f}   {} / {} / {}\n", shape,
             c.samples, c.activation.description(), w.size(), gradient, both - gradient, hessian,
             static_cast<double>(w.size()) * work / hessian * 1e-3, n.gradients, n.hessian_vectors,
             n.hessians);
}

/// GFlop/s of a product of two square matrices.
double product_speed() {
  constexpr Index n = 768;  // beyond the second cache, and a hundredth of a second
  const Matrix a = Matrix::Random(n, n), b = Matrix::Random(n, n);
  Matrix c(n, n);
  const double time = best_time(Vector::Ones(1), 3, [&](const Vector&) { c.noalias() = a * b; });
  return 2e-3 * static_cast<double>(n * n * n) / time;
}

void run_wide(const std::vector<Index>& sizes, Index samples, double speed) {
  const auto network = feed_forward(sizes, Activation(Real(0), 2));
  Dataset data;
  data.inputs = Matrix::Random(sizes.front(), samples);
  data.targets = Matrix::Random(sizes.back(), samples);
  Objective objective(network, data, Loss(square_loss()));
  const Vector w = Vector::Random(network->parameter_count());
  Vector g(w.size());
  const double flops = 4.0 * static_cast<double>(w.size() * samples);
  const int calls = std::max(1, static_cast<int>(2e8 / flops));
  const double time = best_time(w, calls, [&](const Vector& x) { objective.gradient(x, g); });
  fmt::print("{:>12} {:>7} {:>6} {:>10.1f} {:>10.2f} {:>10.1f} {:>6.0f} %\n",
             fmt::format("{}", fmt::join(sizes, "-")), w.size(), samples, time,
             time / static_cast<double>(samples), 1e-3 * flops / time, 100 * 1e-3 * flops / time / speed);
}

void run_wide() {
  const double speed = product_speed();
  fmt::print("\nproduct of two matrices: {:.1f} GFlop/s\n", speed);
  fmt::print("{:>12} {:>7} {:>6} {:>10} {:>10} {:>10} {:>8}\n", "network", "weights", "n", "g [us]",
             "a sample", "GFlop/s", "of it");
  for (const std::vector<Index>& sizes :
       {std::vector<Index>{10, 277, 1}, {20, 500, 1}, {50, 1000, 1}, {365, 256, 1}})
    for (const Index samples : {100, 300, 1000, 3000, 30000}) run_wide(sizes, samples, speed);
}

}  // namespace

int main(int argc, char** argv) {
  std::FILE* csv = argc > 1 ? std::fopen(argv[1], "w") : nullptr;
  if (argc > 1 && csv == nullptr) {
    fmt::print(stderr, "gradient-benchmark: {}: cannot be written\n", argv[1]);
    return 4;
  }
  if (csv != nullptr) fmt::print(csv, "network,samples,slope,power,gradient_us,product_us,hessian_us\n");
  fmt::print("{:14} {:>6} {:14} {:>7} {:>10} {:>10} {:>12} {:>10}   {}\n", "network", "n", "activation",
             "weights", "g [us]", "Hv [us]", "H [us]", "H GFlop/s*", "gradients / Hv / H made");
  const Activation squared_relu(Real(0), 2);
  const Activation linear;
  for (const Case& c :
       {Case{{10, 20, 1}, 100, squared_relu}, Case{{10, 20, 1}, 100, linear},
        Case{{10, 20, 3}, 100, squared_relu}, Case{{10, 20, 20, 1}, 100, squared_relu},
        Case{{10, 10, 10, 10, 1}, 100, squared_relu}, Case{{10, 100, 20, 1}, 100, squared_relu},
        Case{{100, 100, 10, 1}, 1000, squared_relu}, Case{{20, 500, 1}, 300, squared_relu}})
    run(c, csv);
  fmt::print(
      "Hv: the product alone, the gradient at the same weights being kept.  *: P^2 n flops a Hessian\n");
  if (csv == nullptr) run_wide();
  return csv == nullptr || std::fclose(csv) == 0 ? 0 : 4;
}
