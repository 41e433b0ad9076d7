// sf-claims: the papers' claims, each measured on a study, as a table of verdicts.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "claim_tables.hpp"
#include "command_line.hpp"
#include "interrupt.hpp"
#include "saddleflow/study/keys.hpp"
#include "validation/claim.hpp"

namespace {

using namespace saddleflow;
using namespace saddleflow::tools;

constexpr const char* kFolder = "tools/studies/claims";

struct Arguments {
  std::vector<std::string> studies{kFolder}, overrides;
  bool quick = false, details = false;
};

void add_options(CommandLine& line, Arguments& a) {
  line.text("studies", a.studies,
            std::string("studies with a [claim], or folders of them (default ") + kFolder + ")",
            "STUDY.toml|FOLDER ...");
  line.set(a.overrides, "every study");
  line.flag("--quick", a.quick, "two seeds and few starts a study; the same thresholds");
  line.flag("--details", a.details, "print every seed and size");
  line.footer(
      "\nExit status: 0 all was measured, whatever the verdicts; 2 bad input, 3 numerical failure, 4 "
      "input/output, 130 interrupted.\n\nKeys of the study file, with their defaults; a claim uses "
      "[network], "
      "[data], [loss], init.kind, [flow] without t_end, and [claim]:\n" +
      describe_keys());
}

std::vector<std::string> study_files(const std::vector<std::string>& named) {
  std::vector<std::string> files;
  for (const std::string& name : named) {
    if (!std::filesystem::is_directory(name)) {
      files.push_back(name);
      continue;
    }
    std::vector<std::string> inside;
    for (const auto& entry : std::filesystem::directory_iterator(name))
      if (entry.path().extension() == ".toml") inside.push_back(entry.path().string());
    if (inside.empty()) throw InputError(name + ": holds no studies (*.toml)");
    std::sort(inside.begin(), inside.end());
    files.insert(files.end(), inside.begin(), inside.end());
  }
  return files;
}

int run(const Arguments& a) {
  std::vector<StudyTable> studies;  // all are read before the first runs
  for (const std::string& file : study_files(a.studies))
    studies.push_back(StudyTable::read(file, a.overrides));
  catch_interrupts();
  claims::Options options;
  options.quick = a.quick;
  options.interrupt = &interrupted;
  std::array<int, 3> verdicts{};
  const auto start = std::chrono::steady_clock::now();
  print_table_head(stdout);
  for (const StudyTable& study : studies) {
    const claims::Report report = claims::measure_claim(study, options);
    print_report(stdout, report, a.details);
    std::fflush(stdout);
    for (const claims::Finding& f : report.findings) ++verdicts[static_cast<std::size_t>(f.verdict)];
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print("\n{} hold, {} fail, {} not decided; {} studies, {:.1f} s\n", verdicts[0], verdicts[1],
             verdicts[2], studies.size(), seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(
      {"sf-claims", "The claims of the papers, measured: predictions, figures and verdicts.", argc, argv},
      [](CommandLine& line) {
        Arguments arguments;
        add_options(line, arguments);
        return line.parse() ? run(arguments) : 0;
      });
}
