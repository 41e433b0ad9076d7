#include "saddleflow/study/weights_file.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <sstream>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/input_file.hpp"

namespace saddleflow {

Vector read_weights(const std::string& path) {
  std::istringstream in(read_input(path, "a text file with one weight a line"));
  std::vector<Real> values;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    line.erase(0, line.find_first_not_of(" \t\r"));
    line.erase(line.find_last_not_of(" \t\r") + 1);
    if (line.empty() || line[0] == '#') continue;
    double value = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (error != std::errc() || end != line.data() + line.size() || !std::isfinite(value))
      throw InputError(fmt::format("{}:{}: found '{}', expected a finite number", path, number, line));
    values.push_back(static_cast<Real>(value));
  }
  if (values.empty()) throw InputError(path + ": holds no weights");
  return Eigen::Map<const Vector>(values.data(), static_cast<Index>(values.size()));
}

}  // namespace saddleflow
