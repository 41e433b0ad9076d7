#include "base_files.hpp"

#include <functional>
#include <map>

#include "saddleflow/archive/checkpoint.hpp"
#include "saddleflow/job/flow_run.hpp"
#include "saddleflow/job/kkt_run.hpp"
#include "saddleflow/job/late_direction.hpp"
#include "saddleflow/job/pursuit_run.hpp"
#include "saddleflow/job/saddle_run.hpp"
#include "saddleflow/job/skeleton_run.hpp"
#include "scratch.hpp"

namespace saddleflow::fuzz {
namespace {

// Small enough that a file is made in a fraction of a second, large enough for an event, a visit, a slide.
constexpr const char* kSmooth = R"(title = "smooth"
network.layers = [2, 2, 1]
data.samples = 4
data.inputs = "gaussian"
data.teacher.hidden = [1]
init.scale = 1e-2
flow.t_end = 1000.0
flow.rtol = 1e-5
flow.max_steps = 200
output.weights = {every = 8}
output.checkpoint_seconds = 1e-9
[[events.level]]
quantity = "loss"
value = 0.5
)";
constexpr const char* kKinked = R"(title = "kinked"
network.layers = [2, 3, 1]
network.power = 1
network.bias = "first"
data.samples = 5
data.targets = "classes"
data.test_samples = 2
loss.kind = "logistic"
init.scale = 0.3
flow.t_end = 100.0
flow.rtol = 1e-5
flow.max_steps = 200
output.weights = {every = 8}
)";
// A step is followed by a checkpoint; the last one stays.
constexpr const char* kStarted = "flow.max_steps=12";
constexpr Index kStarts = 2;  // of each search: what is found is of no importance here

using Maker = std::function<void(const std::string& path)>;

void integrate(const std::string& text, const std::string& path,
               const std::vector<std::string>& overrides = {}) {
  FlowRunOptions options;
  options.output = path;
  options.command = "fuzz";
  options.overwrite = true;
  run_flow(StudyTable::parse(text, "smooth.toml", overrides), options);
}

/// The file of another base, for jobs that begin with one.
std::string beside(const std::string& path, const std::string& base) {
  const std::string file = path + "." + base;
  write_bytes(file, base_file(base));
  return file;
}

void make_kkt(const std::string& path) {
  KktProblem problem = open_kkt_problem(beside(path, "smooth"), {}, "fuzz");
  KktSearchOptions options;
  options.starts = kStarts;
  KktTable table = find_kkt_points(*problem.correlation, options);
  const RunApproach approach = follow_run(problem, table);
  write_kkt(path, problem, table, approach, follow_late_direction(problem), "fuzz", ExistingFile::replace);
}

SaddleSurveyOptions survey_options() {
  SaddleSurveyOptions options;
  options.starts = kStarts;
  options.connect = true;
  options.most_escapes = options.most_points = 1;
  return options;
}

void make_saddles(const std::string& path) {
  std::vector<KktProblem> problems;
  problems.push_back(open_kkt_problem(beside(path, "smooth"), {}, "fuzz"));
  const SaddleSurvey survey = survey_saddles(problems, survey_options());
  write_saddles(path, problems, survey, "fuzz", ExistingFile::replace);
}

/// Of a single point, without a run.
void make_limit(const std::string& path) {
  const std::string study = path + ".toml";
  write_bytes(study, kSmooth);
  std::vector<KktProblem> problems;
  problems.push_back(open_kkt_problem(study, {}, "fuzz"));
  const Vector origin = Vector::Zero(problems.front().objective->size());
  const SaddleSurvey survey = survey_point(problems.front(), origin, survey_options());
  write_saddles(path, problems, survey, "fuzz", ExistingFile::replace);
}

void make_pursuit(const std::string& path) {
  const std::string study = path + ".toml";
  write_bytes(study, kSmooth);
  PursuitRunOptions options;
  options.output = path;
  options.command = "fuzz";
  options.overwrite = true;
  run_pursuit(study, {"pursuit.starts=2", "pursuit.max_steps=40"}, options);
}

void make_skeleton(const std::string& path) {
  const StudyTable study = StudyTable::parse(kSmooth, "smooth.toml");
  SkeletonRunOptions options;
  options.deltas = {Real(1e-2)};
  options.pursuit = true;
  options.starts = options.skeleton.analysis.search.starts = kStarts;
  options.command = "fuzz";
  write_skeleton(path, run_skeleton(study, options), options, ExistingFile::replace);
}

/// A run and the checkpoint that belongs to it.
struct Started {
  std::string run, checkpoint;
};
const Started& started() {
  static const Started only = [] {
    const std::string run = scratch("base-pair.h5");
    integrate(kSmooth, run, {kStarted});
    return Started{read_bytes(run), read_bytes(archive::checkpoint_path(run))};
  }();
  return only;
}

const std::map<std::string, Maker>& makers() {
  static const std::map<std::string, Maker> all{
      {"smooth", [](const std::string& path) { integrate(kSmooth, path); }},
      {"kinked", [](const std::string& path) { integrate(kKinked, path); }},
      {"started", [](const std::string& path) { write_bytes(path, started().run); }},
      {"kkt", make_kkt},
      {"saddles", make_saddles},
      {"limit", make_limit},
      {"pursuit", make_pursuit},
      {"skeleton", make_skeleton},
      {"checkpoint", [](const std::string& path) { write_bytes(path, started().checkpoint); }}};
  return all;
}

}  // namespace

const std::string& smooth_study() {
  static const std::string text = kSmooth;
  return text;
}

const std::string& base_file(const std::string& name) {
  static std::map<std::string, std::string> made;
  const auto found = made.find(name);
  if (found != made.end()) return found->second;
  const std::string path = scratch("base-" + name + ".h5");
  makers().at(name)(path);
  std::string bytes = read_bytes(path);
  clear_scratch("base-" + name);
  return made.emplace(name, std::move(bytes)).first->second;
}

}  // namespace saddleflow::fuzz
