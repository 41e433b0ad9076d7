#include "csv_target.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

#include "dice.hpp"
#include "documented.hpp"
#include "saddleflow/problem/csv_reader.hpp"
#include "saddleflow/problem/data_files.hpp"
#include "saddleflow/study/stored_data.hpp"
#include "saddleflow/study/weights_file.hpp"
#include "scratch.hpp"

namespace saddleflow::fuzz {
namespace {

void require_sound(const Dataset& data) {
  if (!data.inputs.allFinite() || !data.targets.allFinite())
    throw Finding("a data set with numbers that are not finite");
  if (data.inputs.cols() != data.targets.cols() || data.inputs.size() == 0 || data.targets.size() == 0)
    throw Finding(fmt::format("{} inputs of {} samples, {} targets of {}", data.inputs.rows(),
                              data.inputs.cols(), data.targets.rows(), data.targets.cols()));
}

/// The data set, where the file is taken.
template <class Read>
std::optional<Dataset> sound(const Read& read) {
  std::optional<Dataset> data;
  accepted([&] { data.emplace(read()); });
  if (data) require_sound(*data);
  return data;
}

template <class Read>
void read_both_ways(const Read& read) {
  const std::optional<Dataset> whole = sound([&] { return read(false); }),
                               rest = sound([&] { return read(true); });
  if (!whole) return;
  if (!rest || whole->inputs != rest->inputs || whole->targets != rest->targets || rest->dropped != 0)
    throw Finding("a file without gaps changes where gaps are dropped");
}

const std::vector<std::string>& odd_cells() {
  static const std::vector<std::string> cells{"",      " ",
                                              "NA",    "nan",
                                              "-NaN",  "?",
                                              "null",  "\"1\"",
                                              "\"",    "\"\"",
                                              "1e400", "1e-400",
                                              "0x1p3", "+1",
                                              "1.",    ".5",
                                              "1,5",   "x1",
                                              "y1",    "inf",
                                              "1 2",   "\t3",
                                              "\r",    "1e",
                                              "--1",   "\xEF\xBB\xBF",
                                              "x2",    "y2",
                                              "x",     "y",
                                              "x01",   "x18446744073709551617"};
  return cells;
}

}  // namespace

void run_csv(const std::string& input) {
  read_both_ways([&](bool drop_gaps) { return parse_csv(input, "data", drop_gaps); });
  const std::string path = scratch("csv-data");
  write_bytes(path, input);
  if (!is_run_file(path))
    read_both_ways([&](bool drop_gaps) {
      return load_dataset(path, {.drop_gaps = drop_gaps, .arrays = {}, .input_count = 1});
    });
  accepted([&] {
    if (!read_weights(path).allFinite()) throw Finding("weights that are not finite");
  });
}

std::string alter_csv(const std::string& input, std::size_t most, Dice& dice) {
  std::vector<std::string> lines = lines_of(input);
  if (lines.empty()) lines.emplace_back("x1,y1");
  for (std::size_t changes = 1 + below(3, dice); changes > 0; --changes) {
    const std::size_t at = below(lines.size(), dice);
    std::string& line = lines[at];
    const std::size_t cell = line.empty() ? 0 : below(line.size(), dice);
    const std::size_t begin = line.rfind(',', cell) == std::string::npos ? 0 : line.rfind(',', cell) + 1;
    const std::size_t end = std::min(line.find(',', cell), line.size());
    switch (below(6, dice)) {
      case 0:
        line = line.substr(0, std::min(begin, end)) + one_of(odd_cells(), dice) + line.substr(end);
        break;
      case 1:
        line = line.substr(0, std::min(begin, end)) + odd_number(dice) + line.substr(end);
        break;
      case 2:
        line.insert(cell, ",");
        break;
      case 3:
        lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), std::string(line));
        break;
      case 4:
        if (lines.size() > 1) lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      default:
        line += "\r";
    }
  }
  std::string text = joined(lines);
  if (dice() % 8 == 0) text.pop_back();
  return text.size() <= most ? text : input;
}

}  // namespace saddleflow::fuzz
