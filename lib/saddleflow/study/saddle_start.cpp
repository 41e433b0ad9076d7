#include "saddleflow/study/saddle_start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/base/to_doubles.hpp"
#include "saddleflow/saddle/inactive_neurons.hpp"
#include "saddleflow/study/growing_run.hpp"
#include "saddleflow/study/weights_file.hpp"

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

/// A file of sf-saddles with the point in question.
class StartFile {
 public:
  explicit StartFile(const SaddleStart& start)
      : start_(start), reader_(archive::RunReader::open(start.file)) {
    require_fixed_network(reader_, "--from");
    if (!reader_.has_saddle_record())
      throw InputError(start.file +
                       ": has no table of critical points (/catalogue), expected a file of sf-saddles");
    record_ = reader_.saddle_record();
    const auto count = static_cast<std::int64_t>(record_.catalogue.size());
    if (start.row < 1 || start.row > count)
      throw InputError(fmt::format("{}: critical point {}: expected 1 to {}", start.file, start.row, count));
  }

  const archive::RunReader& reader() const { return reader_; }
  const archive::CriticalPointRow& point() const {
    return record_.catalogue[static_cast<std::size_t>(start_.row - 1)];
  }

  const archive::EscapeRow& way_down() const {
    std::vector<const archive::EscapeRow*> ways;
    for (const archive::EscapeRow& way : record_.escapes)
      if (way.critical_point == start_.row - 1) ways.push_back(&way);
    if (ways.empty())
      throw InputError(
          fmt::format("{}: critical point {} has no way down to start along", start_.file, start_.row));
    if (start_.escape < 1 || start_.escape > std::ssize(ways))
      throw InputError(fmt::format("{}: way down {} of critical point {}: expected 1 to {}", start_.file,
                                   start_.escape, start_.row, ways.size()));
    return *ways[static_cast<std::size_t>(start_.escape - 1)];
  }

  /// Of the visit that came nearest to the point.
  std::optional<double> visit_time() const {
    const archive::VisitRow* nearest = nullptr;
    for (const archive::VisitRow& visit : record_.visits)
      if (visit.critical_point == start_.row - 1 &&
          (nearest == nullptr || visit.closest_distance < nearest->closest_distance))
        nearest = &visit;
    if (nearest == nullptr || std::isnan(nearest->recorded.closest_time)) return std::nullopt;
    return nearest->recorded.closest_time;
  }

 private:
  const SaddleStart& start_;
  archive::RunReader reader_;
  archive::SaddleRecord record_;
};

Vector unit_way_down(const StartFile& file, const SaddleStart& start) {
  const archive::EscapeRow& way = file.way_down();
  if (start.sign == StartSign::minus && way.kind != flag_of(EscapeKind::eigenvector))
    throw InputError(
        fmt::format("{}: way down {} of critical point {} is a {}, of which only the side + is one: found "
                    "the sign -",
                    start.file, start.escape, start.row,
                    by_flag<EscapeKind>(way.kind) == EscapeKind::correlation ? "KKT point" : "descent"));
  return to_vector(way.direction).normalized();
}

Vector direction_of_file(const SaddleStart& start, Index size) {
  Vector direction = read_weights(start.direction);
  if (direction.size() != size)
    throw InputError(fmt::format("{}: {} numbers, expected {}, one for each weight", start.direction,
                                 direction.size(), size));
  const Real norm = direction.norm();
  if (!(norm > 0) || !std::isfinite(norm))
    throw InputError(start.direction + ": is zero or not finite, expected a direction");
  return direction / norm;
}

/// The weights that a random direction moves, ascending.
std::vector<Index> moved_weights(const archive::CriticalPointRow& point, const SaddleStart& start,
                                 const Network& network) {
  std::vector<Index> zero;
  for (std::size_t k = 0; k < point.zero_neuron.size(); ++k)
    if (point.zero_neuron[k] == 1) zero.push_back(static_cast<Index>(k));
  const std::vector<Index> of_zero = parameters_of(network, zero);
  std::vector<Index> all(point.point.size());
  std::iota(all.begin(), all.end(), Index(0));
  if (start.moved == MovedWeights::all || (!start.moved && of_zero.empty())) return all;
  if (start.moved != MovedWeights::kept) return of_zero;
  std::vector<Index> kept;
  std::set_difference(all.begin(), all.end(), of_zero.begin(), of_zero.end(), std::back_inserter(kept));
  return kept;
}

Vector random_direction(const archive::CriticalPointRow& point, const SaddleStart& start,
                        const Network& network) {
  const std::vector<Index> moved = moved_weights(point, start, network);
  if (moved.empty())
    throw InputError(fmt::format("{}: critical point {}: found no {} neurons whose weights could be moved",
                                 start.file, start.row, name_of(*start.moved)));
  Vector direction = Vector::Zero(network.parameter_count());
  Random random(start.seed);
  direction(moved) = random.unit_vector(static_cast<Index>(moved.size()));
  return direction;
}

/// The distance from the point, in units of the weights.
Real distance_from(const archive::CriticalPointRow& point, const SaddleStart& start) {
  if (!start.relative) return start.delta;
  const Real norm = to_vector(point.point).norm();
  if (!(norm > 0))
    throw InputError(
        fmt::format("{}: critical point {} is the origin, expected a distance (init.scale) and "
                    "no part of its norm (init.perturbation)",
                    start.file, start.row));
  return start.delta * norm;
}

Vector unit_direction(const StartFile& file, const SaddleStart& start, const Network& network) {
  if (!start.direction.empty()) return direction_of_file(start, network.parameter_count());
  if (start.escape > 0) return unit_way_down(file, start);
  return random_direction(file.point(), start, network);
}

std::string direction_in_words(const SaddleStart& start) {
  const auto sign = name_of(start.sign);
  if (!start.direction.empty()) return fmt::format("{} {}", sign, start.direction);
  if (start.escape > 0) return fmt::format("{} way down {}", sign, start.escape);
  const std::string what = start.moved ? fmt::format(" of {} weights", name_of(*start.moved)) : "";
  return fmt::format("random{}, seed {}", what, start.seed);
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

Vector weights_beside_saddle(const SaddleStart& start, const Network& network) {
  const StartFile file(start);
  const archive::CriticalPointRow& point = file.point();
  const auto size = static_cast<std::size_t>(network.parameter_count());
  if (point.point.size() != size || point.zero_neuron.size() != network.neurons().size())
    throw InputError(fmt::format("{}: critical point {} has {} weights, expected {} for this network",
                                 start.file, start.row, point.point.size(), size));
  const Real distance = distance_from(point, start);
  const Real step = start.sign == StartSign::minus ? -distance : distance;
  return to_vector(point.point) + step * unit_direction(file, start, network);
}

std::vector<std::pair<std::string, std::string>> provenance_of(const SaddleStart& start) {
  const StartFile file(start);
  const std::optional<double> time = file.visit_time();
  return {{"start_file", start.file},
          {"start_run_id", file.reader().run_id()},
          {"start_point", std::to_string(start.row)},
          {"start_kind", std::string(name_of(by_flag<CriticalKind>(file.point().kind, start.file)))},
          {"start_delta", fmt::format("{}", static_cast<double>(distance_from(file.point(), start)))},
          {"start_direction", direction_in_words(start)},
          {"start_clock", time ? fmt::format("{}", *time) : "unknown"}};
}

std::vector<std::string> start_overrides(const std::string& source, double delta, const std::string& along,
                                         const std::string& sign) {
  const Source s = parse_source(source);
  const auto path = [](const std::string& file) { return std::filesystem::absolute(file).string(); };
  std::vector<std::string> overrides{"init.kind=\"saddle\"", "init.file=\"" + path(s.file) + "\"",
                                     fmt::format("init.row={}", s.row),
                                     fmt::format("init.scale={:.17g}", delta), "init.sign=\"" + sign + "\""};
  if (is_number(along))
    overrides.push_back("init.escape=" + along);
  else if (!along.empty())
    overrides.push_back("init.direction=\"" + path(along) + "\"");
  return overrides;
}

std::string file_of(const std::string& source) { return parse_source(source).file; }

}  // namespace saddleflow
