#include "arbiter/study_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <stdexcept>

namespace saddleflow::test {
namespace {

// The shortest text that is read back as the same number; TOML tells floats by their point.
std::string number(double x) {
  std::string text = fmt::format("{}", x);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string list(const std::vector<double>& values) {
  std::vector<std::string> texts;
  for (const double v : values) texts.push_back(number(v));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string rows(const std::vector<std::vector<double>>& values) {
  std::vector<std::string> texts;
  for (const auto& row : values) texts.push_back(list(row));
  return fmt::format("[{}]", fmt::join(texts, ",\n  "));
}

std::string patch_keys(const PlainPatches& p) {
  if (p.kernel == 0) return {};
  return fmt::format("kernel = {}\nstride = {}\nchannels = {}\npooling = \"{}\"\n", p.kernel, p.stride,
                     p.channels, p.average ? "average" : "none");
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::ofstream out(file);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

void write_study(const std::filesystem::path& folder, const std::string& comment, const PlainProblem& p,
                 double rtol, const Arbiter& right, double tolerance) {
  std::filesystem::create_directories(folder);
  write(
      folder / "study.toml",
      fmt::format("# {}\n[network]\nkind = \"{}\"\nlayers = [{}]\n{}slope = {}\npower = 1\n[data]\n"
                  "inputs = \"given\"\ntargets = \"given\"\n[data.given]\ninputs = {}\ntargets = {}\n[loss]\n"
                  "kind = \"{}\"\nreduction = \"{}\"\n[init]\nkind = \"given\"\nkeep_norm = true\nweights = "
                  "{}\n[flow]\n"
                  "t_end = {}\nrtol = {}\ndecay = {}\nrate = {}\n{}",
                  comment, p.patches.kernel > 0 ? "convolution" : "feed_forward", fmt::join(p.widths, ", "),
                  patch_keys(p.patches), number(p.slope), rows(p.inputs), rows(p.targets),
                  p.logistic ? "logistic" : "square", p.mean ? "mean" : "sum", list(p.start), number(p.t_end),
                  number(rtol), number(p.decay), p.rates.empty() ? "1.0" : list(p.rates),
                  p.neuron_rates.empty() ? "" : "neuron_rate = " + list(p.neuron_rates) + "\n"));
  write(folder / "right.json",
        fmt::format(
            "{{\n\"time\": {},\n\"loss\": {},\n\"weights\": {},\n\"error\": {},\n\"tolerance\": {}\n}}\n",
            p.t_end, plain_loss(p, right.weights()), list(right.weights()), right.error(), tolerance));
}

}  // namespace saddleflow::test
