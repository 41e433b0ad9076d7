#include "dice.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace saddleflow::fuzz {

std::string odd_integer(Dice& dice) {
  static const std::vector<std::string> odd{"0",
                                            "-1",
                                            "-2",
                                            "16",
                                            "64",
                                            "127",
                                            "128",
                                            "255",
                                            "-128",
                                            "65536",
                                            "2147483647",
                                            "2147483648",
                                            "-2147483648",
                                            "4294967295",
                                            "1000000000000",
                                            "9223372036854775807",
                                            "-9223372036854775808"};
  if (dice() % 2 == 0) return std::to_string(below(9, dice));
  return one_of(odd, dice);
}

std::string odd_number(Dice& dice) {
  static const std::vector<std::string> odd{"0.0",
                                            "-0.0",
                                            "1.0",
                                            "-1.0",
                                            "0.5",
                                            "2.0",
                                            "1e-3",
                                            "1e-8",
                                            "1e-17",
                                            "1e-100",
                                            "1e-300",
                                            "5e-324",
                                            "1e8",
                                            "1e17",
                                            "1e100",
                                            "1e300",
                                            "1.7976931348623157e308",
                                            "-1e300",
                                            "nan",
                                            "inf",
                                            "-inf",
                                            "0.9999999999999999",
                                            "1e-160",
                                            "1e160"};
  switch (dice() % 3) {
    case 0:
      return one_of(odd, dice);
    case 1:
      return fmt::format("{:.3e}", std::uniform_real_distribution<double>(-2, 2)(dice));
    default:
      return fmt::format("1e{}", static_cast<int>(below(25, dice)) - 16);
  }
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  return lines.empty() ? std::string() : fmt::format("{}\n", fmt::join(lines, "\n"));
}

}  // namespace saddleflow::fuzz
