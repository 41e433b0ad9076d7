#include "saddleflow/study/split_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "saddleflow/base/random.hpp"

namespace saddleflow {

ProblemData split_rows(const StudyTable& study, const Dataset& all, Real test_fraction,
                       const std::string& key) {
  const Index n = all.inputs.cols();
  const auto count = static_cast<Index>(std::lround(test_fraction * static_cast<Real>(n)));
  if (count < 1 || count >= n)
    study.fail(key, fmt::format("found {}, expected some of the {} rows, and not all",
                                static_cast<double>(study.real(key)), n));
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  Random random(static_cast<std::uint64_t>(study.integer("data.seed")), RandomStream::test);
  for (Index i = n - 1; i > 0; --i)
    std::swap(order[static_cast<std::size_t>(i)],
              order[static_cast<std::size_t>(random.uniform() * static_cast<Real>(i + 1))]);
  std::sort(order.begin(), order.begin() + count);
  std::sort(order.begin() + count, order.end());
  const auto rows = [&](Index from, Index size) {
    Dataset part = all;
    const std::vector<Index> chosen(order.begin() + from, order.begin() + from + size);
    part.inputs = all.inputs(Eigen::all, chosen);
    part.targets = all.targets(Eigen::all, chosen);
    return part;
  };
  ProblemData data{rows(count, n - count), rows(0, count)};
  data.test->dropped = 0;  // the file's are those of the training set
  return data;
}

}  // namespace saddleflow
