#include "saddleflow/study/saddle_start.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <numeric>
#include <vector>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "saddleflow/study/growing_run.hpp"

namespace saddleflow {

namespace {

struct Source {
  std::string file;
  std::int64_t row = 0;
};

Source parse_source(const std::string& source) {
  Source s;
  const std::size_t colon = source.rfind(':');
  if (colon != std::string::npos) {
    s.file = source.substr(0, colon);
    const char *begin = source.data() + colon + 1, *end = source.data() + source.size();
    const auto [at, error] = std::from_chars(begin, end, s.row);
    if (error == std::errc() && at == end && s.row >= 1 && !s.file.empty()) return s;
  }
  throw InputError(fmt::format(
      "--from: found '{}', expected FILE:K, K a row (from 1) of its table of critical points", source));
}

}  // namespace

Vector weights_beside_saddle(const std::string& file, std::int64_t row, Real delta, std::uint64_t seed,
                             const Network& network) {
  const archive::RunReader reader = archive::RunReader::open(file);
  require_fixed_network(reader, "--from");
  if (!reader.has_saddle_record())
    throw InputError(file + ": has no table of critical points (/catalogue), expected a file of sf-saddles");
  const archive::SaddleRecord record = reader.saddle_record();
  const auto count = static_cast<std::int64_t>(record.catalogue.size());
  if (row < 1 || row > count)
    throw InputError(fmt::format("{}: critical point {}: expected 1 to {}", file, row, count));
  const archive::CriticalPointRow& point = record.catalogue[static_cast<std::size_t>(row - 1)];
  const auto size = static_cast<std::size_t>(network.parameter_count());
  if (point.point.size() != size || point.zero_neuron.size() != network.neurons().size())
    throw InputError(fmt::format("{}: critical point {} has {} weights, expected {} for this network", file,
                                 row, point.point.size(), size));
  std::vector<Index> zero;
  for (std::size_t k = 0; k < point.zero_neuron.size(); ++k)
    if (point.zero_neuron[k] == 1) zero.push_back(static_cast<Index>(k));
  std::vector<Index> moved = parameters_of(network, zero);
  if (moved.empty()) {
    moved.resize(size);
    std::iota(moved.begin(), moved.end(), Index(0));
  }
  Vector w = Eigen::Map<const Eigen::VectorXd>(point.point.data(), static_cast<Index>(size)).cast<Real>();
  Random random(seed);
  w(moved) += delta * random.unit_vector(static_cast<Index>(moved.size()));
  return w;
}

std::vector<std::string> start_overrides(const std::string& source, double delta) {
  const Source s = parse_source(source);
  return {"init.kind=\"saddle\"", "init.file=\"" + std::filesystem::absolute(s.file).string() + "\"",
          fmt::format("init.row={}", s.row), fmt::format("init.scale={:.17g}", delta)};
}

std::string file_of(const std::string& source) { return parse_source(source).file; }

}  // namespace saddleflow
