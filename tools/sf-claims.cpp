// sf-claims: the papers' claims, each measured on a study, as a table of verdicts.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
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
  std::int64_t jobs = Workers::all_cores();
};

void add_options(CommandLine& line, Arguments& a) {
  line.text("studies", a.studies,
            std::string("studies that have a section [claim], or folders of such studies (default ") +
                kFolder + ")",
            "STUDY.toml|FOLDER ...");
  line.set(a.overrides, "every study");
  line.flag("--quick", a.quick, "use two seeds and few starts per study, with the same thresholds");
  line.jobs(a.jobs, "shared by studies and seeds");
  line.flag("--details", a.details, "print the figures of every seed and size");
  line.exit_status_note("Status 0 means that everything was measured, whatever the verdicts are.");
  line.appendix(
      "Keys of the study file, with their defaults. A claim uses [network], [data], [loss], init.kind, "
      "[flow] without t_end, and [claim]. A word before a colon says for which choice a key applies.",
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

/// Prints reports as they come, in the order of the studies.
class ReportPrinter {
 public:
  ReportPrinter(std::size_t studies, bool details) : reports_(studies), details_(details) {}

  void take(std::size_t k, claims::Report report) {
    const std::lock_guard lock(mutex_);
    reports_[k] = std::move(report);
    for (; printed_ < reports_.size() && reports_[printed_]; ++printed_) {
      print_report(stdout, *reports_[printed_], details_);
      for (const claims::Finding& f : reports_[printed_]->findings)
        ++verdicts_[static_cast<std::size_t>(f.verdict)];
    }
    std::fflush(stdout);
  }
  const std::array<int, 3>& verdicts() const { return verdicts_; }

 private:
  std::mutex mutex_;
  std::vector<std::optional<claims::Report>> reports_;
  std::size_t printed_ = 0;
  std::array<int, 3> verdicts_{};
  bool details_;
};

int run(const Arguments& a) {
  std::vector<StudyTable> studies;  // all are read before the first runs
  for (const std::string& file : study_files(a.studies))
    studies.push_back(StudyTable::read(file, a.overrides));
  catch_interrupts();
  Workers workers(static_cast<int>(a.jobs));
  claims::Options options;
  options.quick = a.quick;
  options.interrupt = &interrupted;
  options.workers = &workers;
  const auto start = std::chrono::steady_clock::now();
  print_table_head(stdout);
  ReportPrinter printer(studies.size(), a.details);
  workers.run(static_cast<Index>(studies.size()), [&](Index k) {
    const auto i = static_cast<std::size_t>(k);
    printer.take(i, claims::measure_claim(studies[i], options));
  });
  const std::array<int, 3>& verdicts = printer.verdicts();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  fmt::print("\n{} hold, {} fail, {} not decided; {} studies, {:.1f} s\n", verdicts[0], verdicts[1],
             verdicts[2], studies.size(), seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_tool(
      {"sf-claims", "Measures the claims of the papers and prints predictions, measurements and verdicts.",
       argc, argv},
      [](CommandLine& line) {
        Arguments arguments;
        add_options(line, arguments);
        return line.parse() ? run(arguments) : 0;
      });
}
