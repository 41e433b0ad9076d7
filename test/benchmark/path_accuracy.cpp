// The accuracy table: error of the path against the closed forms V1 to V6, with what it cost.
//   build/release/bin/path-accuracy [stepper [chart]]
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "flow/path_error.hpp"

int main(int argc, char** argv) {
  using namespace saddleflow;
  const std::string stepper = argc > 1 ? argv[1] : "auto", chart = argc > 2 ? argv[2] : "auto";
  fmt::print("{:<34} {:>6} {:>10} {:>10} {:>8} {:>8} {:>10} {:>8} {:>8}\n",
             "case (" + stepper + ", " + chart + ")", "rtol", "error", "error/rtol", "steps", "polar",
             "gradients", "Hv", "Hessians");
  std::vector<reference::ReferenceCase> cases = reference::reference_cases();
  for (reference::ReferenceCase& c : reference::small_start_cases()) cases.push_back(std::move(c));
  for (const reference::ReferenceCase& reference : cases)
    for (int digits = 6; digits <= 11; ++digits) {
      const Real rtol = std::pow(Real(10), Real(-digits));
      const test::PathError r = test::path_error(reference, stepper, rtol, chart);
      fmt::print("{:<34} {:>6} {:>10.2e} {:>10.2f} {:>8} {:>8} {:>10} {:>8} {:>8}\n", reference.name,
                 fmt::format("1e-{}", digits), static_cast<double>(r.error),
                 static_cast<double>(r.error / rtol), r.steps, r.polar_steps, r.work.gradients,
                 r.work.hessian_vectors, r.work.hessians);
    }
}
