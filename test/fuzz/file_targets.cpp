#include "file_targets.hpp"

#include "base_files.hpp"
#include "consumers.hpp"
#include "documented.hpp"
#include "recipe.hpp"
#include "saddleflow/archive/pursuit_writer.hpp"
#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/job/pursuit_run.hpp"
#include "saddleflow/study/growing_run.hpp"
#include "saddleflow/study/saddle_start.hpp"
#include "scratch.hpp"
#include "watchdog.hpp"

namespace saddleflow::fuzz {
namespace {

using Bases = std::vector<std::string>;

const Bases kRunBases{"smooth", "kinked", "kkt", "skeleton"};
const Bases kSaddleBases{"saddles", "limit"};
const Bases kPursuitBases{"pursuit"};

std::string cooked(const std::string& input, const Bases& bases) {
  const std::vector<Step> steps = parse_recipe(input);
  const std::string path = scratch("file.h5");
  cook(base_file(base_of(steps, bases)), steps, path);
  return path;
}

std::string altered(const std::string& input, const Bases& bases, std::size_t most, Dice& dice) {
  const std::string text = text_of(alter_recipe(parse_recipe(input), bases, dice));
  return text.size() <= most ? text : input;
}

/// A run that begins beside the first critical point, along its first way down or none.
void start_beside(const std::string& path, int escape) {
  const Watchdog watchdog(kMoment);
  FlowRunOptions options;
  options.output = scratch("file-start.h5");
  options.command = "fuzz";
  options.overwrite = true;
  options.interrupt = watchdog.flag();
  accepted([&] {
    std::vector<std::string> overrides =
        start_overrides(path + ":1", 1e-3, escape > 0 ? std::to_string(escape) : "");
    overrides.emplace_back("flow.max_steps=8");
    run_flow(StudyTable::parse(smooth_study(), scratch("study.toml"), overrides), options);
  });
}

void pursue_from(const std::string& path) {
  const Watchdog watchdog(kMoment);
  PursuitRunOptions options;
  options.output = scratch("file-more.h5");
  options.command = "fuzz";
  options.overwrite = true;
  options.interrupt = watchdog.flag();
  accepted([&] {
    const archive::PursuitRecord record = archive::read_pursuit(path);
    const archive::RunReader run = archive::RunReader::open(path);
    birth_order(run);
    // Networks and searches as small as those of the base.
    if (record.description.parameter_layer.size() <= 64)
      run_pursuit(path, {"pursuit.starts=1", "pursuit.max_steps=20", "pursuit.iterations=20"}, options);
  });
}

}  // namespace

void run_run_file(const std::string& input) {
  const std::string path = cooked(input, kRunBases);
  if (read_whole(path)) {
    use_problem(path);
    resume_run(path);
  }
  clear_scratch("file");
}

void run_saddles(const std::string& input) {
  const std::string path = cooked(input, kSaddleBases);
  if (read_whole(path)) {
    use_problem(path);
    for (const int escape : {0, 1}) start_beside(path, escape);
  }
  clear_scratch("file");
}

void run_pursuit_file(const std::string& input) {
  const std::string path = cooked(input, kPursuitBases);
  if (read_whole(path)) pursue_from(path);
  clear_scratch("file");
}

std::string alter_run_file(const std::string& input, std::size_t most, Dice& dice) {
  return altered(input, kRunBases, most, dice);
}
std::string alter_saddles(const std::string& input, std::size_t most, Dice& dice) {
  return altered(input, kSaddleBases, most, dice);
}
std::string alter_pursuit_file(const std::string& input, std::size_t most, Dice& dice) {
  return altered(input, kPursuitBases, most, dice);
}

}  // namespace saddleflow::fuzz
